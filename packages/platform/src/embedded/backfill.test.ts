import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Stored, TableDefinition } from '@fairseat/common/ports';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmbeddedPlatform, openEmbedded } from './index.ts';
import { readStatus } from './status.ts';

interface Seat extends Stored {
  price: number;
  label: string;
}

const before: TableDefinition<Seat> = { name: 'seats', text: ({ label }) => label };
const priced: TableDefinition<Seat> = { ...before, indexes: { price: ({ price }) => price } };

const id = (n: number) => n.toString(16).padStart(32, '0');
const seat = (n: number): Seat => ({
  id: id(n),
  version: 1,
  createdAt: new Date(n).toISOString(),
  price: n,
  label: `Seat ${n}`,
});

let dataDir: string;
const opened: EmbeddedPlatform[] = [];
let lines: string[];
const open = (definition: TableDefinition<Seat>, nextTurn?: () => Promise<void>) => {
  const onHalfFilled = (line: string) => lines.push(line);
  const platform = openEmbedded({ dataDir, onHalfFilled, ...(nextTurn && { nextTurn }) });
  opened.push(platform);
  return { platform, table: platform.table('tickets', definition) };
};
const idsByPrice = async ({ table }: ReturnType<typeof open>) =>
  (await table.due('price', 1e6, 1000)).map((each) => each.id);
const run = (sql: string, ...values: (string | number)[]) => {
  const db = new DatabaseSync(join(dataDir, 'fairseat.sqlite'));
  const { changes } = db.prepare(sql).run(...values);
  db.close();
  return changes;
};

/** A process that is killed after the first of its three steps. */
async function killedHalfway(definition: TableDefinition<Seat>, progress?: object) {
  const nextStep = Promise.withResolvers<void>();
  let turns = 0;
  const nextTurn = () => {
    if (++turns === 1) return Promise.resolve();
    nextStep.resolve();
    return new Promise<never>(() => {});
  };
  const { platform } = open(definition, nextTurn);
  if (progress) expect(platform.backfills()).toEqual([progress]);
  await platform.start();
  await nextStep.promise;
  platform.crash();
}

beforeEach(async () => {
  lines = [];
  dataDir = mkdtempSync(join(tmpdir(), 'fairseat-'));
  const { platform, table } = open(before);
  await Promise.all(Array.from({ length: 450 }, (_, n) => table.insert(seat(n))));
  await platform.close();
});

afterEach(() => {
  for (const platform of opened.splice(0)) platform.crash();
  rmSync(dataDir, { recursive: true });
});

describe('a backfill', () => {
  it('goes on where a killed process has come to, and says how far that is', async () => {
    const progress = { table: 'tickets_seats', done: 0, about: 450 };
    await killedHalfway(priced, progress);
    const line = 'tickets_seats: 200 of 450 records, filling index price';
    expect(readStatus(dataDir)).toEqual([line]);
    // Had it begun anew, this one would be filled.
    expect(run('UPDATE tickets_seats SET i_price = NULL WHERE id = ?', id(3))).toBe(1);
    const second = open(priced);
    expect(second.platform.backfills()).toEqual([{ ...progress, done: 200 }]);
    await second.platform.start();
    expect(lines).toEqual([
      'tickets_seats was left half filled: 200 of 450 records had index price. This version goes on behind them.',
    ]);
    const ids = await idsByPrice(second);
    expect(second.platform.backfills()).toEqual([]);
    expect(ids).toEqual(
      Array.from({ length: 450 }, (_, n) => id(n)).filter((each) => each !== id(3)),
    );
    await second.platform.close();
    expect(readStatus(dataDir)).toEqual(['tickets_seats: 450 records, all filled']);
  });

  it('is found half done by another version, which says what it does', async () => {
    const found = 'tickets_seats was left half filled: 200 of 450 records had ';
    const labelled = {
      ...priced,
      indexes: { ...priced.indexes, label: ({ label }: Seat) => label },
    };
    await killedHalfway(priced);
    await killedHalfway(labelled);
    const again = open(before);
    await again.platform.start();
    expect(lines).toEqual([
      `${found}index price. This version fills index price, index label from the first.`,
      `${found}index price, index label. This version needs nothing of it.`,
    ]);
    await again.platform.close();
    const last = open(labelled);
    expect(await idsByPrice(last)).toHaveLength(450);
    const where = { label: 'Seat 3' };
    expect((await last.table.find({ where, limit: 9 })).records).toEqual([seat(3)]);
  });

  it('looks at all again that was written by a Fairseat that knows of no backfill', async () => {
    const first = open(priced);
    expect(await idsByPrice(first)).toHaveLength(450);
    await first.platform.close();
    const added = seat(1000);
    const changed = { ...seat(7), version: 2, price: 2000, label: 'Chair' };
    run(
      'INSERT INTO tickets_seats (id, version, created, body) VALUES (?, ?, ?, ?)',
      ...[added.id, 1, added.createdAt, JSON.stringify(added)],
    );
    const body = JSON.stringify(changed);
    run('UPDATE tickets_seats SET version = 2, body = ? WHERE id = ?', body, id(7));
    const second = open(priced);
    const ids = await idsByPrice(second);
    expect(ids).toHaveLength(451);
    expect(ids.slice(-2)).toEqual([id(1000), id(7)]);
    expect((await second.table.find({ words: 'chair', limit: 9 })).records).toEqual([changed]);
    const seats = await second.table.find({ words: 'seat 7', limit: 20 });
    expect(seats.records.map((each) => each.id)).not.toContain(id(7));
    await second.platform.close();
    expect(open(priced).platform.backfills()).toEqual([]);
  });

  it('is not stopped by a record that is damaged', async () => {
    run('UPDATE tickets_seats SET body = ? WHERE id = ?', '{"id":', id(7));
    expect(await idsByPrice(open(priced))).toHaveLength(449);
  });

  it('keeps a query waiting no longer than five seconds, and then says why', async () => {
    let late = () => {};
    const clock = {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      after: (_ms: number, callback: () => void) => {
        late = callback;
        return () => {};
      },
    };
    const platform = openEmbedded({ dataDir, clock });
    opened.push(platform);
    const asking = platform.table('tickets', priced).due('price', 9, 9);
    late();
    await expect(asking).rejects.toThrow(
      'The index price of tickets_seats is being filled: 0 of about 450 records are done.',
    );
  });
});
