/** The contract suite of `Table`. */
import { describe, expect, it } from 'vitest';
import { DuplicateKey, VersionConflict } from '../errors.ts';
import { createEventFactory } from '../kit/decide/envelope.ts';
import type { Platform, Stored, Table, TableDefinition } from '../ports/index.ts';
import { definitionContract } from './definition-contract.ts';
import { auth, collector, type Harness, type OpenHarness, onPlatform } from './harness.ts';
import { searchContract } from './search-contract.ts';

interface Seat extends Stored {
  label: string;
  owner: string | null;
  dueAt: number | null;
  tags: string[];
}

const seats: TableDefinition<Seat> = {
  name: 'seats',
  unique: { label: (seat) => seat.label },
  uniqueEach: { tag: (seat) => seat.tags },
  indexes: { owner: (seat) => seat.owner, due: (seat) => seat.dueAt },
};

const id = (n: number) => n.toString(16).padStart(32, '0');
const time = (n: number) => new Date(Date.UTC(2026, 0, 1) + n).toISOString();
const seat = (n: number, change: Partial<Seat> = {}): Seat => ({
  id: id(n),
  version: 1,
  createdAt: time(n),
  label: `Seat ${n}`,
  owner: null,
  dueAt: null,
  tags: [],
  ...change,
});
const next = (record: Seat, change: Partial<Seat>): Seat => ({
  ...record,
  ...change,
  version: record.version + 1,
});
const outcomes = async (writes: Promise<void>[]) => {
  const settled = await Promise.allSettled(writes);
  const lost = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  return { won: settled.length - lost.length, lost };
};

export function tableContract(kind: string, openHarness: OpenHarness) {
  definitionContract(kind, openHarness);
  searchContract(kind, openHarness);

  const test = (
    name: string,
    run: (table: Table<Seat>, harness: Harness, platform: Platform) => Promise<void>,
  ) =>
    it(name, () =>
      onPlatform(openHarness, async (harness) => {
        const platform = await harness.open();
        await run(platform.table('tickets', seats), harness, platform);
      }),
    );

  describe(`a table of the ${kind} platform`, () => {
    test('answers what was inserted, and nothing for what was not', async (table) => {
      await table.insert(seat(1));
      expect(await table.get(id(1))).toEqual(seat(1));
      expect(await table.get(id(2))).toBeUndefined();
      expect(await table.getByKey('label', 'Seat 1')).toEqual(seat(1));
      expect(await table.getByKey('label', 'Seat 2')).toBeUndefined();
    });

    test('refuses a second record with the same id or unique key', async (table) => {
      await table.insert(seat(1));
      await expect(table.insert(seat(1, { label: 'other' }))).rejects.toThrow(DuplicateKey);
      await expect(table.insert(seat(2, { label: 'Seat 1' }))).rejects.toThrow(DuplicateKey);
      expect(await table.get(id(2))).toBeUndefined();
    });

    test('frees a unique key in the write that gives it up', async (table) => {
      await table.insert(seat(1));
      await table.replace(seat(1), next(seat(1), { label: 'renamed' }));
      await table.insert(seat(2, { label: 'Seat 1' }));
      await expect(
        table.replace(seat(2, { label: 'Seat 1' }), next(seat(2), { label: 'renamed' })),
      ).rejects.toThrow(DuplicateKey);
    });

    test('keeps each of several unique values for one record, until it gives that one up', async (table) => {
      const first = seat(1, { tags: ['a', 'b', 'c'] });
      await table.insert(first);
      expect(await table.getByKey('tag', 'b')).toEqual(first);
      await expect(table.insert(seat(2, { tags: ['x', 'b'] }))).rejects.toThrow(DuplicateKey);
      expect(await table.get(id(2))).toBeUndefined();
      await table.insert(seat(2, { tags: ['x'] }));
      const second = next(seat(2, { tags: ['x'] }), { tags: ['x', 'c'] });
      await expect(table.replace(seat(2, { tags: ['x'] }), second)).rejects.toThrow(DuplicateKey);
      expect(await table.getByKey('tag', 'c')).toEqual(first);
      const changed = next(first, { tags: ['a', 'd'] });
      await table.replace(first, changed);
      await table.replace(seat(2, { tags: ['x'] }), second);
      expect(await table.getByKey('tag', 'b')).toBeUndefined();
      expect(await table.getByKey('tag', 'c')).toEqual(second);
      expect(await table.getByKey('tag', 'd')).toEqual(changed);
    });

    test('lets one of many have a value that all ask for', async (table) => {
      const asking = Array.from({ length: 10 }, (_, n) => seat(n, { tags: [`own ${n}`, 'one'] }));
      const { won, lost } = await outcomes(asking.map((each) => table.insert(each)));
      expect(won).toBe(1);
      expect(lost.every((error) => error instanceof DuplicateKey)).toBe(true);
    });

    test('replaces only the version that was read', async (table) => {
      await table.insert(seat(1));
      await table.replace(seat(1), next(seat(1), { owner: 'a' }));
      await expect(table.replace(seat(1), next(seat(1), { owner: 'b' }))).rejects.toThrow(
        VersionConflict,
      );
      await expect(table.replace(seat(9), next(seat(9), {}))).rejects.toThrow(VersionConflict);
      expect((await table.get(id(1)))?.owner).toBe('a');
    });

    test('lets exactly one of 200 parallel writers win, and fails only the others', async (table) => {
      await table.insert(seat(1));
      const writers = Array.from({ length: 200 }, (_, n) =>
        table.replace(seat(1), next(seat(1), { owner: `w${n}` })),
      );
      const others = Array.from({ length: 50 }, (_, n) => table.insert(seat(100 + n)));
      const { won, lost } = await outcomes(writers);
      expect(won).toBe(1);
      expect(lost.every((error) => error instanceof VersionConflict)).toBe(true);
      await Promise.all(others);
      expect((await table.get(id(1)))?.version).toBe(2);
    });

    test('lets exactly one of 50 parallel inserts have a unique key', async (table) => {
      const { won, lost } = await outcomes(
        Array.from({ length: 50 }, (_, n) => table.insert(seat(n, { label: 'the one' }))),
      );
      expect(won).toBe(1);
      expect(lost.every((error) => error instanceof DuplicateKey)).toBe(true);
    });

    test('saves events with the state, and none with a write that lost', async (table, harness, platform) => {
      const newEvent = createEventFactory(auth, harness.clock, platform.newId);
      const ended = (n: number) =>
        newEvent('session.ended', seat(n), { sessionId: id(n), expiresAt: time(n) });
      const received = collector<string>(2);
      platform.bus.consume('auditor', {
        'session.ended': async ({ subject }) => received.add(subject),
      });
      await platform.start();
      await table.insert(seat(1), [ended(1)]);
      await expect(table.insert(seat(1), [ended(2)])).rejects.toThrow(DuplicateKey);
      await expect(table.replace(seat(3), next(seat(3), {}), [ended(3)])).rejects.toThrow();
      await table.replace(seat(1), next(seat(1), {}), [ended(4)]);
      expect((await received.all).toSorted()).toEqual([id(1), id(4)]);
      await platform.close();
    });

    test('keeps the newest of what it is told, in any order', async (table) => {
      for (const version of [2, 1, 3, 3, 2]) {
        await table.keepNewest({ ...seat(1), version, owner: `v${version}` });
      }
      expect(await table.get(id(1))).toMatchObject({ version: 3, owner: 'v3' });
      await Promise.all(
        [5, 9, 7, 8, 6].map((version) => table.keepNewest({ ...seat(2), version })),
      );
      expect((await table.get(id(2)))?.version).toBe(9);
    });

    test('pages through everything once, newest first, while more is added', async (table) => {
      for (let n = 1; n <= 25; n++)
        await table.insert(seat(n, { createdAt: time(Math.ceil(n / 5)) }));
      const seen: string[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = await table.find({ limit: 4, ...(cursor && { cursor }) });
        seen.push(...page.records.map((record) => record.id));
        cursor = page.nextCursor;
        await table.insert(seat(1000 + seen.length, { createdAt: time(9999) }));
      }
      expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => id(25 - n)));
    });

    test('finds by index values, all of which must be met', async (table) => {
      for (let n = 1; n <= 9; n++) await table.insert(seat(n, { owner: n % 3 ? 'a' : 'b' }));
      const found = await table.find({ limit: 10, where: { owner: 'b' } });
      expect(found).toEqual({
        records: [seat(9, { owner: 'b' }), seat(6, { owner: 'b' }), seat(3, { owner: 'b' })],
        nextCursor: null,
      });
    });

    test('refuses a cursor that it did not give out', async (table) => {
      for (const cursor of ['x', '', 'bm90IGEgY3Vyc29y', '../..', '%00']) {
        await expect(table.find({ limit: 5, cursor })).rejects.toMatchObject({ status: 400 });
      }
    });

    test('answers what is due, earliest first, and no more than asked', async (table) => {
      for (const [n, dueAt] of [
        [1, 300],
        [2, 100],
        [3, 200],
        [4, 400],
      ] as const) {
        await table.insert(seat(n, { dueAt }));
      }
      await table.insert(seat(5));
      const due = async (upTo: number, limit: number) =>
        (await table.due('due', upTo, limit)).map((record) => record.id);
      expect(await due(300, 10)).toEqual([id(2), id(3), id(1)]);
      expect(await due(300, 2)).toEqual([id(2), id(3)]);
      expect(await due(99, 10)).toEqual([]);
    });

    test('is gone through by id, each record once, whatever is inserted behind meanwhile', async (table) => {
      for (let n = 1; n <= 7; n++) await table.insert(seat(n, { createdAt: time(9 - n) }));
      const seen: string[] = [];
      for (let last = ''; seen.length < 8; last = seen.at(-1) as string) {
        const page = await table.walk(last, 3);
        seen.push(...page.map((record) => record.id));
        if (last === '') await table.insert(seat(8));
      }
      expect(seen).toEqual(Array.from({ length: 8 }, (_, n) => id(n + 1)));
      expect(await table.walk(id(8), 3)).toEqual([]);
      expect(await table.walk('', 1)).toEqual([seat(1, { createdAt: time(8) })]);
    });

    test('keeps everything acknowledged through a crash', async (table, harness, platform) => {
      await table.insert(seat(1));
      const writes = Array.from({ length: 100 }, (_, n) => table.insert(seat(10 + n)));
      await Promise.all(writes);
      await table.replace(seat(1), next(seat(1), { owner: 'kept' }));
      await harness.crash(platform);
      const again = (await harness.open()).table('tickets', seats);
      expect(await again.get(id(1))).toMatchObject({ version: 2, owner: 'kept' });
      for (let n = 0; n < 100; n++) expect(await again.get(id(10 + n))).toEqual(seat(10 + n));
    });

    it('keeps the tables of two services apart', () =>
      onPlatform(openHarness, async (harness) => {
        const platform = await harness.open();
        await platform.table('tickets', seats).insert(seat(1));
        expect(await platform.table('orders', seats).get(id(1))).toBeUndefined();
      }));
  });
}
