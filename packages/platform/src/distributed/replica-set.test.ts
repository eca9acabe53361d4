/** What the driver says to MongoDB, and what becomes of operations while a replica set elects a primary. */

import { Records } from '@fairseat/common/kit';
import type { TableDefinition } from '@fairseat/common/ports';
import { MongoWire, NOT_PRIMARY } from '@fairseat/test-support/mongo-wire';
import {
  ended,
  id,
  numbers,
  servers,
  soon,
  type Thing,
  thing,
  things,
  useScene,
} from '@fairseat/test-support/scene';
import { type BSON, MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const scene = useScene();
let wire: MongoWire;

beforeEach(async () => {
  wire = await MongoWire.to(servers.mongodbUrl);
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const platform of scene.opened) await platform.crash();
  await wire.close();
});

const rich: TableDefinition<Thing> = {
  ...things,
  indexes: { version: ({ version }) => version },
  text: ({ label }) => label,
  listed: true,
};

/** Of the driver's own, or part of a read that has its limit. An index takes its time: ended early, it would begin anew. */
const UNLIMITED = ['endSessions', 'getMore', 'killCursors', 'createIndexes'];
const nameOf = (command: object) => Object.keys(command)[0] ?? '';

describe('every command', () => {
  it('has a time limit for the server, is for the primary, and is as safe as it can be', async () => {
    const unsafe =
      '?readPreference=secondaryPreferred&readPreferenceTags=dc:ny&maxStalenessSeconds=120&w=1&journal=false&wtimeoutMS=1&readConcernLevel=available';
    const platform = scene.open({ mongodbUrl: wire.url(unsafe) });
    const table = platform.table('auth', rich);
    const dead = Promise.withResolvers<void>();
    platform.bus.consume('auth', {
      'session.ended': async ({ subject }) => {
        if (subject === id(1)) throw new Error('fails');
        dead.resolve();
      },
    });
    await platform.start();
    await table.insert(thing(1), [ended(1)]);
    await table.replace(thing(1), thing(1, 2), [ended(2)]);
    await table.keepNewest(thing(2));
    await table.get(id(1));
    await table.get(id(1), { latest: true });
    await table.getByKey('label', 'thing 1');
    await table.find({ words: 'thing 1', limit: 1 });
    await table.walk('', 1);
    await table.due('version', 5, 1);
    await dead.promise;
    await expect
      .poll(() => platform.bus.backlog(), soon)
      .toEqual([expect.objectContaining({ events: 0 })]);
    const used = new Set(wire.commands.map(nameOf));
    expect([...used]).toEqual(
      expect.arrayContaining([
        'find',
        'insert',
        'update',
        'findAndModify',
        'aggregate',
        'createIndexes',
      ]),
    );
    const unlimited = wire.commands.filter(({ maxTimeMS }) => !(maxTimeMS > 0)).map(nameOf);
    expect(unlimited.filter((name) => !UNLIMITED.includes(name))).toEqual([]);
    const modes = wire.commands.map(({ $readPreference }) => $readPreference?.mode ?? 'primary');
    expect(new Set(modes)).toEqual(new Set(['primary']));
    const reads = wire.commands.map(({ readConcern }) => readConcern?.level).filter(Boolean);
    expect(new Set(reads)).toEqual(new Set(['majority', 'linearizable']));
    const inserts = wire.commands.filter(({ insert }) => insert === 'things');
    expect(inserts.map(({ writeConcern }) => writeConcern)).toEqual([
      expect.objectContaining({ w: 'majority', j: true }),
    ]);
  });
});

describe('a majority that lags behind the primary', () => {
  /** What a majority has of thing 1, by its id; it has nothing of the last write. */
  const lagging = (kept: Thing | undefined) => (command: BSON.Document) => {
    const { find, filter, readConcern, $db } = command;
    if (find !== 'things' || readConcern?.level !== 'majority') return undefined;
    const isThere = kept && !filter.writes;
    const firstBatch = isThere ? [{ _id: kept.id, record: kept, indexes: {} }] : [];
    return { ok: 1, cursor: { id: 0n, ns: `${$db}.things`, firstBatch } };
  };

  const open = async () => {
    const platform = scene.open({ mongodbUrl: wire.url() });
    const table = platform.table('auth', things);
    await table.insert(thing(1));
    return { platform, table };
  };
  const updates = () => wire.commands.filter(({ update }) => update === 'things').length;

  it('costs a decision one lost race, and no more', async () => {
    const { platform, table } = await open();
    await table.replace(thing(1), { ...thing(1, 2), label: 'of another' });
    const before = updates();
    wire.answer = lagging(thing(1));
    const records = new Records<Thing, { type: string }>({
      noun: 'thing',
      table,
      evolve: (state) => ({ ...(state as Thing), label: `${state?.label}, decided` }),
      newEvent: () => ended(1),
      clock: platform.clock,
      newId: platform.newId,
    });
    const decided = await records.update(id(1), () => [{ type: 'decided' }]);
    expect(decided).toMatchObject({ version: 3, label: 'of another, decided' });
    expect(updates() - before).toBe(2);
  });

  it('does not hide from a write whose answer was lost that it was saved', async () => {
    const { table } = await open();
    wire.answer = lagging(thing(1));
    wire.amend = ({ update }, reply) => {
      if (update !== 'things') return reply;
      wire.amend = (_, each) => each;
      return NOT_PRIMARY;
    };
    await table.replace(thing(1), { ...thing(1, 2), label: 'saved' });
    wire.answer = () => undefined;
    expect(await table.get(id(1))).toMatchObject({ version: 2, label: 'saved' });
  });

  it('does not hide a newer replica of a record', async () => {
    const { table } = await open();
    await table.keepNewest(thing(1, 5));
    wire.answer = lagging(undefined);
    await table.keepNewest(thing(1, 4));
    wire.answer = () => undefined;
    expect(await table.get(id(1))).toMatchObject({ version: 5 });
  });
});

describe('an election', { timeout: 60_000 }, () => {
  const open = async () => {
    wire.become('primary');
    const platform = scene.open({ mongodbUrl: wire.url('?replicaSet=rs') });
    const table = platform.table('auth', things);
    await table.insert(thing(0));
    const connect = vi.spyOn(MongoClient.prototype, 'connect');
    const close = vi.spyOn(MongoClient.prototype, 'close');
    return { table, clients: () => [connect.mock.calls.length, close.mock.calls.length] };
  };
  /** While there is no primary, the driver asks each half second: so this is 2.5 seconds. */
  const longerThanASelection = async () => {
    const until = wire.heartbeats + 5;
    await expect.poll(() => wire.heartbeats, soon).toBeGreaterThanOrEqual(until);
  };

  it('is ridden out by what is under way, with the same client', async () => {
    const { table, clients } = await open();
    wire.become('secondary');
    const working = numbers(50).map((n) => (n % 2 ? table.insert(thing(n)) : table.get(id(n))));
    await longerThanASelection();
    wire.become('primary');
    await Promise.all(working);
    expect(await table.walk('', 100)).toHaveLength(26);
    expect(clients()).toEqual([0, 0]);
  });

  it('that takes longer leaves no operation without an answer, and the client as it is', async () => {
    const { table, clients } = await open();
    wire.become('secondary');
    const begun = performance.now();
    const outcomes = await Promise.all(
      numbers(50).map((n) => table.get(id(n)).catch((error) => error.name)),
    );
    expect(new Set(outcomes)).toEqual(new Set(['Unavailable']));
    expect(performance.now() - begun).toBeLessThan(12_000);
    wire.become('primary');
    expect(await table.get(id(0))).toEqual(thing(0));
    expect(clients()).toEqual([0, 0]);
  });
});
