import type { Query, Stored } from '@fairseat/common/ports';
import { describe, expect, it } from 'vitest';
import { cursorBehind, END } from './cursor.ts';
import { MAX_SCANNED, rarest, searchFor, wordKeysOf } from './find.ts';

interface Seat extends Stored {
  label: string;
  owner: string;
  row: string | null;
}

const definition = {
  name: 'seats',
  indexes: { owner: ({ owner }: Seat) => owner, row: ({ row }: Seat) => row },
  text: ({ label }: Seat) => label,
};
const seat = (n: number, change: Partial<Seat> = {}): Seat => ({
  id: String(n),
  version: 1,
  createdAt: new Date(n).toISOString(),
  label: 'Row 1, Seat 2',
  owner: 'a',
  row: null,
  ...change,
});

function find(query: Partial<Query>, records: Seat[]) {
  const page = searchFor({ limit: 2, ...query }, definition)?.newPage();
  let looks = 0;
  while (page && looks < records.length && page.take(records[looks] as Seat)) looks += 1;
  return { ...page?.build(), looks };
}

describe('a query', () => {
  it.each<[string, Partial<Query>, object]>([
    ['for all', {}, { words: [], condition: undefined, isExact: true }],
    ['by an index', { where: { owner: 'a' } }, { condition: ['owner', 'a'], isExact: true }],
    [
      'by two indexes',
      { where: { owner: 'a', row: '1' } },
      { condition: ['owner', 'a'], isExact: false },
    ],
    ['for a word', { words: 'Séat' }, { words: [['seat']], isExact: true }],
    ['for two words', { words: 'seat 2' }, { words: [['seat'], ['2']], isExact: false }],
    [
      'for a word by an index',
      { words: 'seat', where: { owner: 'a' } },
      { words: [['seat']], isExact: false },
    ],
    [
      'for many words',
      { words: '1 2 3 4 5 6 7 8 9' },
      { words: [...'12345678'].map((key) => [key]) },
    ],
  ])('%s says along which index to walk', (_, query, search) => {
    expect(searchFor({ limit: 2, ...query }, definition)).toMatchObject({ before: END, ...search });
  });

  it('begins behind its cursor', () => {
    const cursor = cursorBehind(seat(1));
    expect(searchFor({ limit: 2, cursor }, definition)?.before).toEqual([seat(1).createdAt, '1']);
  });

  it.each([
    ['owner', [['seat']]],
    ['row', [['seat', '-seat']]],
  ])('along the index %s says whether to walk past the words of ended records', (index, words) => {
    const ending = { ...definition, ended: { index: 'owner', is: () => true } };
    const search = searchFor({ limit: 2, words: 'seat', where: { [index]: 'a' } }, ending);
    expect(search?.words).toEqual(words);
    expect(wordKeysOf(ending, seat(1, { label: 'ab' }))).toEqual(['-a', '-ab']);
  });

  it('for a text without words finds nothing', () => {
    expect(searchFor({ limit: 2, words: '?!' }, definition)).toBeUndefined();
  });

  it('walks along the rarest of its words, the first of those', () => {
    expect(rarest([['a'], ['b'], ['c'], ['d']], [3, 1, 2, 1])).toEqual(['b']);
  });
});

describe('a page', () => {
  const row1 = seat(7, { row: '1' });
  const other = seat(6, { row: '1', owner: 'b' });
  const [a, b, c] = [seat(5), seat(4), seat(3)];

  it.each<[string, Partial<Query>, Seat[], object]>([
    ['ends where no record follows', {}, [a, b], { records: [a, b], nextCursor: null, looks: 2 }],
    [
      'leaves what is over its limit to the next',
      {},
      [a, b, c],
      { records: [a, b], nextCursor: cursorBehind(b), looks: 2 },
    ],
    [
      'has only what meets all conditions',
      { where: { row: '1', owner: 'a' } },
      [row1, other, a],
      { records: [row1], nextCursor: null, looks: 3 },
    ],
    [
      'has only what has all words',
      { words: 'seat 2' },
      [seat(9, { label: 'Seat 12' }), a],
      { records: [a], nextCursor: null, looks: 2 },
    ],
    [
      'goes on behind the last that it looked at, found or not',
      { where: { row: '1', owner: 'b' }, limit: 1 },
      [other, row1, a],
      { records: [other], nextCursor: cursorBehind(other), looks: 1 },
    ],
  ])('%s', (_, query, records, page) => {
    expect(find(query, records)).toEqual(page);
  });

  it('ends early when it has looked at so many, with a cursor to go on', () => {
    const records = Array.from({ length: MAX_SCANNED + 1 }, (_, n) => seat(5000 - n));
    const last = records[MAX_SCANNED - 1] as Seat;
    expect(find({ words: 'row 7' }, records)).toEqual({
      records: [],
      nextCursor: cursorBehind(last),
      looks: MAX_SCANNED,
    });
  });
});
