/** The contract suite of changes to a table's definition, on records that are there. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DuplicateKey } from '../errors.ts';
import type { Platform, Stored, Table, TableDefinition } from '../ports/index.ts';
import { type Harness, type OpenHarness, onPlatform } from './harness.ts';

interface Seat extends Stored {
  label: string;
  row: string;
  status: string;
  dueAt: number;
  note?: string;
}

const before: TableDefinition<Seat> = {
  name: 'seats',
  unique: { label: (seat) => seat.label },
  indexes: { row: (seat) => seat.row, status: (seat) => seat.status },
};

/** More than two steps of a backfill. */
const MANY = 450;

const id = (n: number) => n.toString(16).padStart(32, '0');
const seat = (n: number, change: Partial<Seat> = {}): Seat => ({
  id: id(n),
  version: 1,
  createdAt: new Date(Date.UTC(2026, 0, 1) + n).toISOString(),
  label: `Seat ${n}`,
  row: n % 2 ? 'odd' : 'even',
  status: n % 3 ? 'free' : 'gone',
  dueAt: n,
  ...change,
});
const next = (record: Seat, change: Partial<Seat>): Seat => ({
  ...record,
  ...change,
  version: record.version + 1,
});

export function definitionContract(kind: string, openHarness: OpenHarness) {
  const open = async (harness: Harness, definition: TableDefinition<Seat>) => {
    const platform = await harness.open();
    try {
      const table = platform.table('tickets', definition);
      await platform.start();
      return { platform, table };
    } catch (error) {
      await harness.crash(platform);
      throw error;
    }
  };
  type Opened = { platform: Platform; table: Table<Seat> };
  const use = async (
    harness: Harness,
    definition: TableDefinition<Seat>,
    work: (opened: Opened) => Promise<unknown>,
  ) => {
    const opened = await open(harness, definition);
    await work(opened);
    await opened.platform.close();
  };
  const fill = (harness: Harness, seats: Seat[]) =>
    use(harness, before, ({ table }) => Promise.all(seats.map((each) => table.insert(each))));
  const all = Array.from({ length: MANY }, (_, n) => seat(n));
  const test = (name: string, run: (harness: Harness) => Promise<void>) =>
    it(name, () => onPlatform(openHarness, run));
  /** All pages. */
  const find = async (
    table: Table<Seat>,
    query: { where?: Record<string, string>; words?: string },
  ) => {
    const ids: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await table.find({ ...query, limit: 100, ...(cursor && { cursor }) });
      ids.push(...page.records.map((record) => record.id));
      cursor = page.nextCursor;
    }
    return ids;
  };
  const idsOf = (seats: Seat[]) => seats.map((each) => each.id).toReversed();

  describe(`a changed definition of a table of the ${kind} platform`, () => {
    test('finds by an index, words and keys that are new what was there before', async (harness) => {
      await fill(harness, all);
      const definition = {
        ...before,
        unique: { ...before.unique, due: (each: Seat) => `${each.dueAt}` },
        uniqueEach: { name: (each: Seat) => [each.label, `${each.label} too`] },
        indexes: { ...before.indexes, due: (each: Seat) => each.dueAt },
        text: (each: Seat) => each.label,
      };
      await use(harness, definition, async ({ table }) => {
        expect((await table.due('due', 2, 10)).map((each) => each.id)).toEqual([0, 1, 2].map(id));
        expect(await find(table, { words: 'seat' })).toEqual(idsOf(all));
        expect(await find(table, { words: '449 seat' })).toEqual([id(449)]);
        expect(await find(table, { where: { row: 'odd' } })).toHaveLength(MANY / 2);
        expect(await table.getByKey('due', '449')).toEqual(seat(449));
        expect(await table.getByKey('name', 'Seat 3 too')).toEqual(seat(3));
        const taken = seat(1000, { label: 'Seat 4 too' });
        await expect(table.insert(taken)).rejects.toThrow(DuplicateKey);
        await expect(table.insert(seat(1001, { dueAt: 5 }))).rejects.toThrow(DuplicateKey);
      });
      await use(harness, definition, async ({ platform, table }) => {
        expect(platform.backfills()).toEqual([]);
        expect(await find(table, { words: 'seat' })).toEqual(idsOf(all));
      });
    });

    test('finds by an index, words and a key whose functions changed, and no more as before', async (harness) => {
      const worded = { ...before, text: (each: Seat) => each.label };
      await use(harness, worded, ({ table }) => Promise.all(all.map((each) => table.insert(each))));
      const changed: TableDefinition<Seat> = {
        ...before,
        // What was the key of one is now that of the next.
        unique: { label: (each) => `Seat ${each.dueAt + 1}` },
        indexes: { row: (each) => `row ${each.row}`, status: (each) => each.status },
        text: (each) => each.row,
      };
      await use(harness, changed, async ({ table }) => {
        const odd = all.filter((each) => each.row === 'odd');
        expect(await find(table, { where: { row: 'row odd' } })).toEqual(idsOf(odd));
        expect(await find(table, { where: { row: 'odd' } })).toEqual([]);
        expect(await find(table, { words: 'odd' })).toEqual(idsOf(odd));
        expect(await find(table, { words: 'seat' })).toEqual([]);
        expect(await table.getByKey('label', 'Seat 1')).toEqual(seat(0));
        await table.replace(seat(1), next(seat(1), { row: 'even' }));
        expect(await find(table, { words: 'odd' })).toHaveLength(odd.length - 1);
      });
    });

    test('reads every older record as it is in the new version, and rewrites none', async (harness) => {
      await fill(harness, all);
      const version2: TableDefinition<Seat> = {
        ...before,
        version: 2,
        upcast: (record, version) => {
          expect(version).toBe(1);
          const { status, note = 'none', ...rest } = record as Seat;
          return { ...rest, note, status: status === 'free' ? 'available' : status };
        },
      };
      const renamed = { note: 'none', status: 'available' };
      await use(harness, version2, async ({ table }) => {
        expect(await table.get(id(1))).toEqual(seat(1, renamed));
        expect(await table.getByKey('label', 'Seat 1')).toEqual(seat(1, renamed));
        expect(await find(table, { where: { status: 'available' } })).toHaveLength(MANY * (2 / 3));
        expect(await find(table, { where: { status: 'free' } })).toEqual([]);
        await table.replace(seat(2, renamed), next(seat(2, renamed), { note: 'mine' }));
        await table.keepNewest(next(seat(4, renamed), { note: 'kept' }));
        expect(await table.get(id(2))).toMatchObject({ version: 2, note: 'mine' });
        expect(await find(table, { where: { status: 'available' } })).toContain(id(4));
      });
      await use(harness, before, async ({ table }) => {
        expect(await table.get(id(1))).toEqual(seat(1));
        expect(await table.get(id(2))).toMatchObject({ ...renamed, note: 'mine' });
        expect(await find(table, { where: { status: 'free' } })).toHaveLength(MANY * (2 / 3) - 2);
        await table.replace(seat(5), next(seat(5), {}));
      });
      await use(harness, version2, async ({ table }) => {
        expect(await table.get(id(2))).toMatchObject({ ...renamed, note: 'mine' });
        expect(await table.get(id(5))).toMatchObject({ ...renamed, version: 2 });
      });
    });

    test('is refused when two records have the same value of a new key', async (harness) => {
      await fill(harness, all);
      const rows = { ...before, unique: { ...before.unique, row: (each: Seat) => each.row } };
      const listed = { ...before, uniqueEach: { row: (each: Seat) => [each.id, each.row] } };
      const line =
        /^The unique key row\w* of tickets_seats is new, .* [0-9a-f]{32} and [0-9a-f]{32} /;
      await expect(open(harness, rows)).rejects.toThrow(line);
      await expect(open(harness, listed)).rejects.toThrow(line);
      await use(harness, before, async ({ table }) => {
        expect(await find(table, { where: { row: 'odd' } })).toHaveLength(MANY / 2);
      });
    });

    test('is refused when records lack a field that is required', async (harness) => {
      await fill(harness, [seat(1), seat(2, { note: 'mine' })]);
      const required: TableDefinition<Seat> = { ...before, required: ['note'] };
      const line = `Record ${id(1)} of tickets_seats lacks the required field "note", and no upcast gives it a value.`;
      await expect(open(harness, required)).rejects.toThrow(line);
      await expect(open(harness, { ...before, version: 2 })).rejects.toThrow(
        'was written in version 1, and version 2 has no upcast for it',
      );
      const upcast = (record: Stored) => ({ note: '', ...record }) as Seat;
      await use(harness, { ...required, version: 2, upcast }, async ({ table }) => {
        expect(await table.get(id(1))).toEqual(seat(1, { note: '' }));
      });
    });

    const priced = { ...before, indexes: { ...before.indexes, due: (each: Seat) => each.dueAt } };
    const dueIds = async (table: Table<Seat>) =>
      (await table.due('due', MANY * 10, MANY * 2)).map((each) => each.id);

    test('misses nothing when the process dies while it is filled', async (harness) => {
      await fill(harness, all);
      const { platform } = await open(harness, priced);
      while ((platform.backfills()[0]?.done ?? 1) === 0) await setImmediate();
      await harness.crash(platform);
      await use(harness, priced, async ({ table }) => {
        expect(await dueIds(table)).toEqual(all.map((each) => each.id));
      });
    });

    test('misses nothing that another version has filled half', async (harness) => {
      await fill(harness, all);
      const { platform } = await open(harness, priced);
      while ((platform.backfills()[0]?.done ?? 1) === 0) await setImmediate();
      await harness.crash(platform);
      const label = (each: Seat) => each.label;
      const labelled = { ...priced, indexes: { ...priced.indexes, label } };
      await use(harness, labelled, async ({ table }) => {
        expect(await dueIds(table)).toEqual(all.map((each) => each.id));
        expect(await find(table, { where: { label: 'Seat 7' } })).toEqual([id(7)]);
      });
    });

    test('misses nothing that is written while it is filled', async (harness) => {
      await fill(harness, all);
      await use(harness, priced, async ({ table }) => {
        const moved = all.map((each) => next(each, { dueAt: each.dueAt + MANY }));
        const changes = moved.map((each, n) => table.replace(all[n] as Seat, each));
        const more = Array.from({ length: 50 }, (_, n) => table.insert(seat(MANY * 3 + n)));
        await Promise.all([...changes, ...more]);
        const due = await table.due('due', MANY * 10, MANY * 2);
        expect(due.slice(0, MANY)).toEqual(moved);
        expect(due).toHaveLength(MANY + 50);
      });
    });

    test('misses nothing that the definition before writes after it', async (harness) => {
      await fill(harness, all);
      const empty = async ({ table }: Opened) => {
        expect(await dueIds(table)).toHaveLength(MANY);
      };
      await use(harness, priced, empty);
      await use(harness, before, async ({ table }) => {
        await table.insert(seat(1000));
        await table.replace(seat(0), next(seat(0), { dueAt: 2000 }));
      });
      await use(harness, priced, async ({ table }) => {
        const ids = await dueIds(table);
        expect(ids.slice(-2)).toEqual([id(1000), id(0)]);
        expect(ids).toHaveLength(MANY + 1);
      });
    });

    test('misses nothing that the definition before writes beside it', async (harness) => {
      if (!harness.canShare) return;
      await use(harness, before, async ({ table: old }) => {
        await Promise.all(all.map((each) => old.insert(each)));
        await use(harness, priced, async ({ table }) => {
          expect(await dueIds(table)).toHaveLength(MANY);
          await old.insert(seat(1000));
          await old.replace(seat(0), next(seat(0), { dueAt: 2000 }));
          expect((await dueIds(table)).slice(-2)).toEqual([id(1000), id(0)]);
          await table.replace(seat(1), next(seat(1), { row: 'new' }));
          expect(await find(old, { where: { row: 'new' } })).toEqual([id(1)]);
          await old.keepNewest(next(seat(2), { dueAt: 3000 }));
          expect((await dueIds(table)).at(-1)).toBe(id(2));
          const taken = seat(1001, { label: 'Seat 3' });
          await expect(old.insert(taken)).rejects.toThrow(DuplicateKey);
          await expect(table.insert(taken)).rejects.toThrow(DuplicateKey);
        });
      });
    });
  });
}
