/** What the contract suite of `Table` says of searches. */
import { describe, expect, it } from 'vitest';
import type { Platform, Stored, Table, TableDefinition } from '../ports/index.ts';
import { type Harness, type OpenHarness, onPlatform } from './harness.ts';

interface Offer extends Stored {
  title: string;
  state: 'open' | 'held' | 'gone';
}

const offers: TableDefinition<Offer> = {
  name: 'offers',
  indexes: { state: ({ state }) => (state === 'open' ? state : null) },
  text: ({ title }) => title,
  ended: { index: 'state', is: ({ state }) => state === 'gone' },
};

/** More than any platform looks at for one page. */
const MANY = 2010;

const offer = (n: number, title: string, state: Offer['state'] = 'open'): Offer => ({
  id: n.toString(16).padStart(32, '0'),
  version: 1,
  createdAt: new Date(Date.UTC(2026, 0, 1) + n).toISOString(),
  title,
  state,
});
const changed = (record: Offer, change: Partial<Offer>): Offer => ({
  ...record,
  ...change,
  version: record.version + 1,
});

export function searchContract(kind: string, openHarness: OpenHarness) {
  const test = (name: string, run: (table: Table<Offer>, platform: Platform) => Promise<void>) =>
    it(name, () =>
      onPlatform(openHarness, async (harness: Harness) => {
        const platform = await harness.open();
        await run(platform.table('tickets', offers), platform);
      }),
    );
  const isOpen = { where: { state: 'open' } };
  const search = async (table: Table<Offer>, words: string, more: object = {}) =>
    (await table.find({ words, limit: 10, ...more })).records.map(({ id }) => parseInt(id, 16));

  describe(`a search on the ${kind} platform`, () => {
    test('finds the beginnings of words, all of them, whatever their case or accents', async (table) => {
      await table.insert(offer(1, 'Édith Piaf, Olympia'));
      await table.insert(offer(2, 'OLYMPIA tribute to edith'));
      await table.insert(offer(3, 'Olympiad'));
      expect(await search(table, 'edith olympia')).toEqual([2, 1]);
      expect(await search(table, 'olymp')).toEqual([3, 2, 1]);
      expect(await search(table, 'PIÁF')).toEqual([1]);
      expect(await search(table, 'lympia')).toEqual([]);
      expect(await search(table, '!?')).toEqual([]);
      const third = offer(3, 'Olympiad');
      await table.replace(third, changed(third, { title: 'Olympia again' }));
      expect(await search(table, 'olympia')).toEqual([3, 2, 1]);
      expect(await search(table, 'olympiad')).toEqual([]);
    });

    test('finds in titles without spaces, and by letters that Unicode does not fold', async (table) => {
      await table.insert(offer(1, '五月天演唱會'));
      await table.insert(offer(2, '五月的今天，月天'));
      await table.insert(offer(3, 'Łódź'));
      expect(await search(table, '五月天')).toEqual([1]);
      expect(await search(table, '天')).toEqual([2, 1]);
      expect(await search(table, 'lod')).toEqual([3]);
    });

    test('finds at once the one that is open behind all that are gone', async (table) => {
      await table.insert(offer(1, 'Gala'));
      for (let from = 2; from < MANY + 2; from += 100) {
        const some = Array.from({ length: 100 }, (_, n) => offer(from + n, 'Gala', 'held'));
        await Promise.all(some.map((each) => table.insert(each)));
        await Promise.all(
          some.map((each) => table.replace(each, changed(each, { state: 'gone' }))),
        );
      }
      expect(await search(table, 'gala', isOpen)).toEqual([1]);
      expect(await search(table, 'ga', { ...isOpen, limit: 1 })).toEqual([1]);
    });

    test('finds what is gone among the rest, newest first, a page at a time', async (table) => {
      const states = ['open', 'gone', 'held', 'gone', 'gone', 'open', 'gone'] as const;
      for (const [n, state] of states.entries()) await table.insert(offer(n, 'Gala', state));
      const seen: string[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = await table.find({ words: 'gal', limit: 2, ...(cursor && { cursor }) });
        seen.push(...page.records.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(states.map((_, n) => offer(6 - n, '').id));
      expect(await search(table, 'gala', isOpen)).toEqual([5, 0]);
    });

    test('goes by the state of now', async (table) => {
      const [open, held] = [offer(1, 'Gala'), changed(offer(1, 'Gala'), { state: 'held' })];
      await table.insert(open);
      await table.replace(open, held);
      expect(await search(table, 'gala', isOpen)).toEqual([]);
      const gone = changed(held, { state: 'gone' });
      await table.replace(held, gone);
      expect(await search(table, 'gala', isOpen)).toEqual([]);
      expect(await search(table, 'gala')).toEqual([1]);
      await table.keepNewest(changed(gone, { state: 'open' }));
      expect(await search(table, 'gala', isOpen)).toEqual([1]);
      expect(await search(table, 'gala')).toEqual([1]);
    });
  });
}
