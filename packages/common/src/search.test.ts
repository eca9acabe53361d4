import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { soughtBy, TERM_RULES, termsOf, wordsOf } from './search.ts';

/** As an index answers: by the terms alone, and then by looking at the text. */
const finds = (query: string, text: string) => {
  const { terms, isExact, isFoundIn } = soughtBy(query);
  const there = termsOf(text);
  const isThere = terms.length > 0 && terms.every((term) => there.includes(term));
  if (isExact && terms.length === 1) expect(isFoundIn(text)).toBe(isThere);
  return isThere && isFoundIn(text);
};

describe('a text', () => {
  it.each([
    ['Die Zauberflöte', ['zauberflote', 'ZAUBER', 'zauberflöte die', 'd']],
    ['Cafe\u0301', ['café', 'CAFÉ', 'cafe']],
    ['AC/DC: rock-or-bust!', ['ac dc', 'ac/dc', 'bust']],
    ['ﬁnal', ['final', 'fi']],
    ['Łódź ø Straße Æther œuvre Đorđe ısı Þór ħ Ŋ', ['lodz', 'o', 'strasse', 'aether', 'oeuvre']],
    [
      'lodz strasse aether dorde isi thor',
      ['Łódź', 'STRASSE Straße', 'Æther', 'Đorđe', 'ısı', 'Þór'],
    ],
    ['İstanbul DIYARBAKIR', ['istanbul', 'ıstanbul', 'diyarbakır']],
    ['ΟΔΥΣΣΕΥΣ', ['Οδυσσεύς', 'οδυσσευσ']],
    ['五月天演唱會', ['五月天', '演唱會', '天', '五月天演唱會']],
    ['2026五月天Live in台北', ['五月天', '2026', 'live', '台北']],
    ['コンサートチケット', ['チケット', 'コンサート']],
    ['ｺﾝｻｰﾄ', ['コンサート']],
    ['คอนเสิร์ตบอดี้สแลม', ['คอนเสิร์ต', 'บอดี้สแลม']],
    ['ຄອນເສີດລາວ', ['ລາວ']],
    ['ការប្រគុំតន្ត្រី', ['តន្ត្រី']],
    ['ဂီတပွဲတော်', ['ပွဲတော်']],
    ['방탄소년단 콘서트', ['방탄', '콘서트']],
    ['हिन्दी संगीत', ['हिन्दी', 'संगी']],
    ['حفلة', ['حفل']],
  ])('%j is found by any of %j', (text, queries) => {
    expect(queries.filter((query) => !finds(query, text))).toEqual([]);
  });

  it.each([
    ['Olympia', ['lympia', 'olympiad', 'olympia x']],
    ['五月的今天', ['五月天', '天五']],
    ['月天 五月', ['五月天']],
    ['คอนเสิร์ต', ['คานเสิร์ต', 'เสียง']],
    ['aaaaaaaaaaaaaaaaab', ['aaaaaaaaaaaaaaaaac']],
    ['👑 % _ " *', ['👑', '%', '']],
  ])('%j is found by none of %j', (text, queries) => {
    expect(queries.filter((query) => finds(query, text))).toEqual([]);
  });

  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });

  it('is found by itself, and however Unicode spells it', () => {
    fc.assert(
      fc.property(word, fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD'), (text, form) => {
        fc.pre(termsOf(text).length > 0);
        expect(finds(text.normalize(form), text)).toBe(true);
        expect(termsOf(text.normalize(form))).toEqual(termsOf(text));
      }),
      { seed: 79, numRuns: 2000 },
    );
  });

  it('is found by each beginning of each of its words', () => {
    const letters = fc.string({
      unit: fc.constantFrom(...'abcłßøæđıÉσжЙ7بहन'),
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(
        fc.array(letters, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.nat(),
        (words, which, end) => {
          const each = words[which % words.length] as string;
          expect(finds(each.slice(0, 1 + (end % each.length)), words.join(' '))).toBe(true);
        },
      ),
      { seed: 79, numRuns: 1000 },
    );
  });

  it('without spaces is found by whatever it has in a row, and by nothing else', () => {
    const script = fc.constantFrom('五月天演唱會', 'コンサート', 'คอนเสิร์ต', 'ဂီတပွဲ', 'តន្ត្រី');
    const letters = script.chain((unit) =>
      fc.tuple(
        fc.string({ unit: fc.constantFrom(...unit), minLength: 1, maxLength: 30 }),
        fc.string({ unit: fc.constantFrom(...unit), minLength: 1, maxLength: 4 }),
      ),
    );
    fc.assert(
      fc.property(letters, fc.nat(), fc.nat(), ([text, other], from, length) => {
        const start = from % text.length;
        expect(finds(text.slice(start, start + 1 + (length % 6)), text)).toBe(true);
        expect(finds(other, text)).toBe(text.includes(other));
      }),
      { seed: 79, numRuns: 2000 },
    );
  });

  it('has at most 16 terms for a word, however long, and two for a letter without spaces', () => {
    expect(termsOf('x'.repeat(200))).toHaveLength(16);
    expect(termsOf('五月天演唱會').length).toBe(11);
  });
});

describe('the terms', () => {
  it('change with the number of their rules alone, by which they are made anew', () => {
    const blocks = [0x0000, 0x0100, 0x0400, 0x0600, 0x0e00, 0x3000, 0x4e00, 0xac00];
    const samples = blocks.flatMap((block) =>
      Array.from({ length: 0x80 }, (_, index) => String.fromCodePoint(block + index).repeat(18)),
    );
    const print = createHash('sha256').update(samples.map(termsOf).join()).digest('hex');
    expect([TERM_RULES, print.slice(0, 10)]).toMatchInlineSnapshot(`
      [
        2,
        "3c70a2985b",
      ]
    `);
  });
});

describe('the words for 0.1.0', () => {
  it.each([
    ['Die Zauberflöte', ['die', 'zauberflote']],
    ['Łódź 東京', ['łodz', '東京']],
  ])('of %j are whole', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });
});
