import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnyEvent } from '@fairseat/common/events';
import type { Handlers } from '@fairseat/common/ports';
import { createTestClock } from '@fairseat/common/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EmbeddedBus } from './bus.ts';
import { DeadLetters } from './dead-letters.ts';
import { openFile } from './file.ts';
import { openEmbedded } from './index.ts';
import { Store } from './store.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT_MS = 30 * DAY_MS;
const clock = createTestClock();
const id = (n: number) => n.toString(16).padStart(32, '0');
const event = (n: number, at = clock.now()): AnyEvent => ({
  specversion: '1.0',
  id: id(n),
  source: 'auth',
  type: 'session.ended',
  subject: id(n),
  time: new Date(at).toISOString(),
  version: 1,
  correlationid: id(n),
  traceparent: `00-${id(n)}-${id(n).slice(16)}-01`,
  data: { sessionId: id(n), expiresAt: new Date(at).toISOString() },
});
const noting =
  (heard: string[]) =>
  async ({ subject }: AnyEvent) => {
    heard.push(subject);
  };
const fails = () => Promise.reject(new Error('broken handler'));

let folder: string;
let store: Store;
let bus: EmbeddedBus;
const path = () => join(folder, 'fairseat.sqlite');

/** As after a restart, with these groups, whose handlers are these. */
function open(
  groups: Record<string, NonNullable<Handlers['session.ended']>>,
  maxFailures = 3,
  backoffMs = 1,
) {
  store = new Store(openFile(path()));
  bus = new EmbeddedBus(store, clock, {
    deferMs: 1,
    backoffMs,
    maxFailures,
    onDeadLetter: () => {},
    onWatcherError: () => {},
    onNotSaid: () => {},
  });
  for (const [group, handler] of Object.entries(groups)) {
    bus.consume(group, { 'session.ended': handler });
  }
  bus.start();
}

async function close() {
  await bus.stop();
  await store.close();
}

const tidy = () => store.write(() => void bus.tidy(clock.now(), clock.now() - KEPT_MS));
const left = () =>
  store
    .sql('SELECT seq FROM events ORDER BY seq')
    .all()
    .map(({ seq }) => seq);
const backlogOf = async (group: string) =>
  (await bus.backlog()).find((each) => each.group === group);

/** Longer than events are kept. */
async function letTimePass() {
  await tidy();
  clock.advance(KEPT_MS + 1);
  await tidy();
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairseat-'));
});
afterEach(() => {
  store.crash();
  rmSync(folder, { recursive: true });
});

describe('an event of the log', () => {
  const handled = async () => {};

  it('is kept for its time after it was written, and then deleted', async () => {
    open({ a: handled });
    await bus.publish(event(1));
    await tidy();
    clock.advance(KEPT_MS - 1000);
    await bus.publish(event(2));
    await tidy();
    expect(left()).toEqual([1, 2]);
    clock.advance(2000);
    await tidy();
    expect(left()).toEqual([2]);
  });

  it('is deleted whatever the clock of the one before it said', async () => {
    open({ a: handled });
    await bus.publish(event(1, clock.now() + 365 * DAY_MS));
    await bus.publish(event(2));
    await letTimePass();
    expect(left()).toEqual([]);
  });

  it('is deleted in time although the own clock was ahead for a while', async () => {
    open({ a: handled });
    await bus.publish(event(1));
    await store.write(() => void bus.tidy(clock.now() + 365 * DAY_MS, 0));
    await letTimePass();
    expect(left()).toEqual([]);
  });

  it('waits for the slowest group', async () => {
    const slow = Promise.withResolvers<void>();
    open({ a: handled, b: () => slow.promise });
    await bus.publish(event(1));
    await bus.publish(event(2));
    await letTimePass();
    expect(left()).toEqual([1, 2]);
    slow.resolve();
    await bus.settled();
    await tidy();
    expect(left()).toEqual([]);
  });

  it('that is parked keeps itself and those behind it, also across a restart', async () => {
    open({ a: ({ subject }) => (subject === id(2) ? fails() : handled()) }, 1000);
    for (const n of [1, 2, 3]) await bus.publish(event(n));
    await expect.poll(() => backlogOf('a')).toMatchObject({ events: 1 });
    await letTimePass();
    expect(left()).toEqual([2, 3]);
    await close();
    const heard: string[] = [];
    open({ a: noting(heard) });
    await letTimePass();
    await expect.poll(() => heard).toEqual([id(2)]);
    await bus.settled();
    await tidy();
    expect(left()).toEqual([]);
  });

  it('is not kept for a group that nobody is any more, which goes on with what there is', async () => {
    open({ a: handled, b: fails }, 1000);
    await bus.publish(event(1));
    await expect.poll(() => backlogOf('b')).toMatchObject({ events: 1 });
    await close();
    open({ a: handled });
    await bus.publish(event(2));
    await letTimePass();
    expect(left()).toEqual([]);
    await close();
    const heard: string[] = [];
    open({ a: handled, b: noting(heard) });
    expect(await backlogOf('b')).toEqual({ group: 'b', events: 0, dead: 0 });
    await bus.publish(event(3));
    await bus.settled();
    expect(heard).toEqual([id(3)]);
  });

  it('has a number of its own also when all before it were deleted', async () => {
    open({ a: handled });
    for (const n of [1, 2, 3]) await bus.publish(event(n));
    await letTimePass();
    expect(left()).toEqual([]);
    await close();
    const heard: string[] = [];
    open({ a: noting(heard) });
    await bus.publish(event(4));
    await bus.settled();
    expect(left()).toEqual([4]);
    expect(heard).toEqual([id(4)]);
  });
});

describe('events that fail', () => {
  it('are counted once, however many there are', async () => {
    open({ a: fails });
    const asked = vi.spyOn(store, 'sql');
    await Promise.all(Array.from({ length: 300 }, (_, n) => bus.publish(event(n + 1))));
    await expect.poll(() => backlogOf('a')).toEqual({ group: 'a', events: 0, dead: 300 });
    const counts = asked.mock.calls.filter(([sql]) => sql.includes('count('));
    expect(counts).toEqual([]);
    await close();
    open({ a: fails });
    expect(await backlogOf('a')).toEqual({ group: 'a', events: 0, dead: 300 });
  });

  it('are counted as they are saved, whatever the disk refuses', async () => {
    const begin = Promise.withResolvers<void>();
    open({ a: () => begin.promise.then(fails) }, 2, DAY_MS);
    for (const n of [1, 2, 3]) await bus.publish(event(n));
    const count = (table: string) => store.sql(`SELECT count(*) AS n FROM ${table}`).get()?.['n'];
    const refused = new Set<string>();
    store.listen({
      // Whatever is saved for the first time is refused once.
      beforeCommit() {
        const state = `${count('parked')} parked, ${count('dead_letters')} dead`;
        if (refused.has(state)) return;
        refused.add(state);
        throw new Error('The disk refuses.');
      },
    });
    begin.resolve();
    await expect.poll(() => count('parked')).toBe(3);
    await expect.poll(() => backlogOf('a')).toMatchObject({ events: 3, dead: 0 });
    clock.advance(DAY_MS);
    await expect.poll(() => count('dead_letters')).toBe(3);
    expect(refused.size).toBeGreaterThan(1);
    expect(await backlogOf('a')).toEqual({ group: 'a', events: 0, dead: 3 });
  });
});

describe('a dead letter', () => {
  const reasons = () =>
    store
      .sql('SELECT reason FROM dead_letters ORDER BY seq')
      .all()
      .map(({ reason }) => reason);

  it('is kept as long as events are, and forgotten with one line in the log', async () => {
    open({});
    await close();
    const errors: string[] = [];
    const onError = (message: string) => errors.push(message);
    const platform = openEmbedded({
      dataDir: folder,
      clock,
      onError,
      maxFailures: 1,
      eventsKeptDays: 2,
    });
    platform.bus.consume('a', { 'session.ended': fails });
    await platform.start();
    await Promise.all(Array.from({ length: 300 }, (_, n) => platform.bus.publish(event(n + 1))));
    await expect.poll(() => platform.bus.backlog()).toMatchObject([{ events: 0, dead: 300 }]);
    const deadAfter = async (ms: number) => {
      clock.advance(ms);
      return (await platform.bus.backlog())[0]?.dead;
    };
    expect(await deadAfter(2 * DAY_MS - 60_000)).toBe(300);
    errors.length = 0;
    await expect.poll(() => deadAfter(5000)).toBe(0);
    await expect.poll(() => errors).toEqual(['the 300 oldest dead letters were forgotten']);
    await platform.close();
  });

  it('is forgotten when there are too many younger ones', async () => {
    open({});
    const dead = new DeadLetters(store, 3);
    const now = new Date(clock.now()).toISOString();
    for (const n of [1, 2, 3, 4, 5]) {
      await store.write(() => dead.add(n % 2 ? 'a' : 'b', n, '{}', `reason ${n}`, now));
    }
    await store.write(() => expect(dead.forget(new Date(0).toISOString())).toBe(2));
    expect(reasons()).toEqual(['reason 3', 'reason 4', 'reason 5']);
    expect([dead.count('a'), dead.count('b')]).toEqual([2, 1]);
  });
});
