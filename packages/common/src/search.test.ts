import { describe, expect, it } from 'vitest';
import { wordsOf } from './search.ts';

describe('the words of a text', () => {
  it.each([
    ['Die Zauberflöte', ['die', 'zauberflote']],
    ['CAFÉ Café cafe', ['cafe']],
    ['Cafe\u0301', ['cafe']],
    ['AC/DC: rock-or-bust!', ['ac', 'dc', 'rock', 'or', 'bust']],
    ['Row 12, seat 7', ['row', '12', 'seat', '7']],
    ['ﬁnal', ['final']],
    ['東京 ドーム', ['東京', 'ト\u30fcム'.normalize('NFKD')]],
    ['Ночь', ['ночь']],
    ['👑 % _ " *', []],
    ['', []],
  ])('%j are lower case, whole and without accents', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it('are the same however Unicode spells them', () => {
    expect(wordsOf('Ångström'.normalize('NFD'))).toEqual(wordsOf('ångström'.normalize('NFC')));
  });
});
