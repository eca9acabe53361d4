import { describe, expect, it } from 'vitest';
import { Unavailable, VersionConflict } from '../../errors.ts';
import type { AnyEvent } from '../../events.ts';
import type { Stored, Table } from '../../ports/index.ts';
import { createTestClock } from '../../testing/clock.ts';
import { Records } from './records.ts';

const ID = 'a'.repeat(32);
const WINS_AT = 30;

/** A record that loses so many races, on a clock that passes by itself. `end` is how every id ends. */
async function lose(races: number, end: string) {
  const pauses: number[] = [];
  let asked = 0;
  const table = {
    get: async () => ({ id: ID, version: 1, createdAt: '' }),
    async replace() {
      asked += 1;
      if (asked <= races) throw new VersionConflict('thing');
    },
  } as unknown as Table<Stored>;
  const records = new Records<Stored, { type: string }>({
    noun: 'thing',
    table,
    evolve: (state) => state as Stored,
    newEvent: () => {
      throw new Error('There is no event of a thing.');
    },
    clock: {
      now: () => 0,
      monotonic: () => 0,
      after(delayMs, callback) {
        pauses.push(delayMs);
        setImmediate(callback);
        return () => {};
      },
    },
    newId: () => `${ID.slice(end.length)}${end}`,
  });
  const saved = records.update(ID, () => [{ type: 'thing.changed' }]);
  return { outcome: await saved.catch((error) => error), pauses, asked };
}

describe('a change of a record that another writer changes first', () => {
  it('is decided again at once, the first ten times', async () => {
    const { outcome, pauses, asked } = await lose(9, 'ffffffff');
    expect(outcome).toMatchObject({ id: ID, version: 2 });
    expect(asked).toBe(10);
    expect(pauses).toEqual([]);
  });

  it('then waits ever longer, up to a bound', async () => {
    const { pauses } = await lose(WINS_AT, 'ffffffff');
    expect(pauses.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 50, 50]);
    expect(pauses).toHaveLength(WINS_AT - 9);
    expect(Math.max(...pauses)).toBe(50);
  });

  it('waits another time than other processes do', async () => {
    const { pauses } = await lose(WINS_AT, '40000000');
    expect(pauses.slice(0, 8)).toEqual([1, 1, 1, 2, 4, 8, 13, 13]);
  });

  it('is given up in the end', async () => {
    const { outcome, asked } = await lose(1000, '00000000');
    expect(outcome).toBeInstanceOf(VersionConflict);
    expect(asked).toBe(250);
  });
});

describe('a record of a database that went back', () => {
  const now = 1_800_000_000_000;
  async function saved(act: (records: Records<Stored, { type: string }>) => Promise<unknown>) {
    const versions: number[] = [];
    const kept = { id: ID, version: 5, createdAt: '' };
    const records = new Records<Stored, { type: string }>({
      noun: 'thing',
      table: {
        get: async () => kept,
        walk: async () => [kept],
        replace: async (_: Stored, { version }: Stored) => void versions.push(version),
      } as unknown as Table<Stored>,
      evolve: (state) => state as Stored,
      asItStands: () => [{ type: 'thing.stays' }],
      restored: () => kept,
      newEvent: () => ({}) as AnyEvent,
      clock: { ...createTestClock(), now: () => now },
      newId: () => ID,
    });
    await act(records);
    return versions;
  }

  it('is taken back in a version that nobody has seen, whatever its events tell', async () => {
    const event = (version: number) => ({ subject: ID, version }) as AnyEvent;
    expect(await saved((records) => records.takeBack(event(9)))).toEqual([now]);
    expect(await saved((records) => records.takeBack(event(now + 7)))).toEqual([now + 8]);
    expect(await saved((records) => records.takeBack(event(5)))).toEqual([]);
  });

  it('is said again in a version that is not below the given one', async () => {
    expect(await saved((records) => records.sayAgain('', 10))).toEqual([6]);
    expect(await saved((records) => records.sayAgain('', 10, '', now))).toEqual([now]);
  });
});

describe('saying records again', () => {
  it('tries those by themselves that an engine failed', async () => {
    const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(32));
    const replaced: string[] = [];
    const rows = new Map(ids.map((id) => [id, { id, version: 1, createdAt: '' }]));
    const table = {
      walk: async () => [...rows.values()],
      get: async (id: string) => rows.get(id),
      async replace(_: Stored, next: Stored) {
        replaced.push(next.id);
        const isSecond = replaced.filter((id) => id === next.id).length > 1;
        if (next.id === ids[1] && !isSecond) throw new Unavailable('away');
      },
    } as unknown as Table<Stored>;
    const records = new Records<Stored, { type: string }>({
      noun: 'thing',
      table,
      evolve: (state) => state as Stored,
      asItStands: () => [{ type: 'thing.changed' }],
      newEvent: () => {
        throw new Error('There is no event of a thing.');
      },
      clock: createTestClock(),
      newId: () => ID,
    });
    expect(await records.sayAgain('', 50)).toMatchObject({ said: 3, failures: [] });
    expect(replaced).toEqual([...ids, ids[1]]);
  });
});
