/**
 * The words by which a text is found: lower case, without accents, split at everything that is no letter or digit.
 * Every platform uses this function, so that a search finds the same on each.
 */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return [...new Set(plain.match(/[\p{L}\p{N}]+/gu) ?? [])];
}
