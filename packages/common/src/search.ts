/** The search of all platforms: the terms under which a text is kept, and those by which a query finds it. */

/** Raised with every change of the terms, so that those of the records that are there are made anew. */
export const TERM_RULES = 2;

/** A word is kept under each of its beginnings up to this length, in code points. */
const LONGEST = 16;

/** Marks that may be left out when one types. Those of Indic and South-East Asian scripts are vowels, and stay. */
const ACCENTS =
  /[\p{M}&&[\p{Script=Inherited}\p{Script=Common}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]]+/gv;

/** Letters that Unicode does not take apart, as people type them who lack the key. */
const LETTERS: Record<string, string> = {
  ...{ ł: 'l', ß: 'ss', ø: 'o', æ: 'ae', œ: 'oe', đ: 'd', ð: 'd', þ: 'th', ı: 'i', ħ: 'h' },
  ...{ ŧ: 't', ŋ: 'n', ĸ: 'k', ə: 'e', ɛ: 'e', ɔ: 'o', ɓ: 'b', ɗ: 'd', ƙ: 'k', ɣ: 'g', ƴ: 'y' },
  ...{ ƶ: 'z', ɨ: 'i', ʉ: 'u', ɵ: 'o', ȷ: 'j', ɉ: 'j', ƀ: 'b', ǥ: 'g', ɇ: 'e', ƒ: 'f', ς: 'σ' },
};
const FOLDED = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'gu');

/** Of the scripts that put no space between words. A dictionary would split differently with each release, and in context. */
const UNSPACED = ['Han', 'Hiragana', 'Katakana', 'Bopomofo', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .concat(['Tai_Le', 'New_Tai_Lue', 'Tai_Tham', 'Tai_Viet', 'Javanese', 'Balinese', 'Yi'])
  .map((script) => `\\p{Script_Extensions=${script}}`)
  .join('');
const LETTER = '[\\p{L}\\p{M}\\p{N}]';
const RUNS = new RegExp(`([${LETTER}&&[${UNSPACED}]]+)|[${LETTER}--[${UNSPACED}]]+`, 'gv');

const fold = (text: string) =>
  text
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .toLowerCase()
    .replace(ACCENTS, '')
    .normalize('NFC')
    .replace(FOLDED, (letter) => LETTERS[letter] as string);

interface Run {
  text: string;
  letters: string[];
  isSpaced: boolean;
}

const runsOf = (text: string): Run[] =>
  [...fold(text).matchAll(RUNS)].map(([run, unspaced]) => ({
    text: run,
    letters: [...run],
    isSpaced: unspaced === undefined,
  }));

const pairsOf = (letters: string[]) =>
  letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);

const beginningsOf = (letters: string[]) =>
  letters.slice(0, LONGEST).map((_, index) => letters.slice(0, index + 1).join(''));

/** Lower case, without accents: every beginning of a word; single letters and pairs where words have no spaces. */
export function termsOf(text: string): string[] {
  const terms = runsOf(text).flatMap(({ letters, isSpaced }) =>
    isSpaced ? beginningsOf(letters) : [...letters, ...pairsOf(letters)],
  );
  return [...new Set(terms)];
}

export interface Sought {
  /** A text that is found has them all. */
  terms: string[];
  /** True when every text that has them is found. */
  isExact: boolean;
  isFoundIn(text: string): boolean;
}

/** A text is found by the beginnings of its words, in any order, and by whatever it has in a row where they have no spaces. */
export function soughtBy(query: string): Sought {
  const runs = runsOf(query);
  const terms = runs.flatMap(({ letters, isSpaced }) => {
    if (isSpaced) return letters.slice(0, LONGEST).join('');
    return letters.length === 1 ? letters : pairsOf(letters);
  });
  const isExact = runs.every(({ letters, isSpaced }) => letters.length <= (isSpaced ? LONGEST : 2));
  const isFoundIn = (text: string) => {
    const there = runsOf(text);
    return runs.every((run) =>
      there.some((each) =>
        run.isSpaced ? each.text.startsWith(run.text) : each.text.includes(run.text),
      ),
    );
  };
  return { terms: [...new Set(terms)], isExact, isFoundIn };
}

/** The words that 0.1.0 looks for, whose replicas may still run: whole, and with all that Unicode does not fold. */
export function wordsOf(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return [...new Set(plain.match(/[\p{L}\p{N}]+/gu) ?? [])];
}
