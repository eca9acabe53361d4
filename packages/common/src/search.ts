/**
 * The words by which a text is found: lower case, without accents, split at everything that is no letter or digit.
 * Search means the same on every platform because all of them use this.
 */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return [...new Set(plain.match(/[\p{L}\p{N}]+/gu) ?? [])];
}
