import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Unavailable } from '@fairseat/common/errors';
import type { AnyEvent } from '@fairseat/common/events';
import { createTestClock } from '@fairseat/common/testing';
import { traceparentOf } from '@fairseat/common/trace-context';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { LONGEST_BACKOFF_MS } from '../delivery.ts';
import { EmbeddedBus } from './bus.ts';
import { openFile } from './file.ts';
import { Store } from './store.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const id = (n: number) => n.toString(16).padStart(32, '0');
const event = (n: number): AnyEvent => ({
  specversion: '1.0',
  id: id(n),
  source: 'auth',
  type: 'session.ended',
  subject: id(n),
  time: new Date(n).toISOString(),
  version: 1,
  correlationid: id(n),
  traceparent: traceparentOf({ traceId: id(n) }, id(n)),
  data: { sessionId: id(n), expiresAt: new Date(n).toISOString() },
});

describe('what an event sets off at once', () => {
  let folder: string;
  let store: Store;
  let bus: EmbeddedBus;
  let commits: number;
  const heard: string[] = [];
  const watcherErrors: unknown[] = [];
  let before = async () => {};
  let diskRefuses = false;

  const rows = () => store.sql('SELECT id FROM things ORDER BY id').all();
  const cursor = () => store.sql('SELECT seq FROM cursors').get();

  const another = (clock = systemClock) =>
    new EmbeddedBus(store, clock, {
      ...{ deferMs: 1, backoffMs: 1, maxFailures: 3 },
      onDeadLetter: () => {},
      onNotSaid: () => {},
      onWatcherError: (error) => watcherErrors.push(error),
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairseat-'));
    store = new Store(openFile(join(folder, 'test.sqlite')));
    store.define('CREATE TABLE things (id TEXT PRIMARY KEY, size TEXT)');
    commits = 0;
    heard.length = 0;
    before = async () => {};
    diskRefuses = false;
    store.listen({
      beforeCommit: () => {
        if (diskRefuses) throw new Error('The disk refuses.');
        commits += 1;
      },
    });
    bus = another();
    bus.consume('a', {
      'session.ended': async ({ subject }) => {
        heard.push(subject);
        await before();
        await store.write(() => {
          store.sql('INSERT INTO things VALUES (?, ?)').run(subject, 'x'.repeat(50_000));
        });
      },
    });
    bus.start();
  });
  afterEach(() => {
    store.crash();
    rmSync(folder, { recursive: true });
  });

  it('is saved in the same transaction, with the cursor', async () => {
    await bus.publish(event(1));
    expect(commits).toBe(1);
    expect(rows()).toEqual([{ id: id(1) }]);
    expect(cursor()).toEqual({ seq: 1 });
  });

  it('never happened when that transaction fails, and is done once when it is said again', async () => {
    const { page_count: pages } = store.sql('PRAGMA page_count').get() as { page_count: number };
    store.define(`PRAGMA max_page_count = ${pages + 2}`);
    await expect(bus.publish(event(1))).rejects.toThrow(Unavailable);
    expect(heard).toEqual([id(1)]);
    expect(rows()).toEqual([]);
    expect(cursor()).toBeUndefined();
    expect(store.lastSeq).toBe(0);

    store.define('PRAGMA max_page_count = 100000');
    await bus.publish(event(2));
    await bus.settled();
    expect(heard).toEqual([id(1), id(2)]);
    expect(rows()).toEqual([{ id: id(2) }]);
    expect(cursor()).toEqual({ seq: 1 });
    expect(await bus.deadLetters()).toEqual([]);
  });

  it.each([
    ['more than one transaction takes', 1000, async () => {}],
    ['handlers that wait for something', 3, () => turn()],
  ])('never happened either with %s', async (_, count, wait) => {
    before = wait;
    diskRefuses = true;
    const said = Array.from({ length: count }, (_, n) => bus.publish(event(n + 1)));
    const outcomes = await Promise.allSettled(said);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
    diskRefuses = false;
    await bus.publish(event(5000));
    await bus.settled();
    expect(rows()).toEqual([{ id: id(5000) }]);
    expect(cursor()).toEqual({ seq: 1 });
  });

  it('is nothing where its type has no handler: known or not, saved by whatever version', async () => {
    await bus.stop();
    const save = (body: string) => {
      const { seq } = store.sql('SELECT coalesce(max(seq), 0) + 1 AS seq FROM events').get() as {
        seq: number;
      };
      store.sql('INSERT INTO events (seq, body) VALUES (?, ?)').run(seq, body);
      return seq;
    };
    save('{"type":"ticket.framed","data":7}');
    save('{"type":"toString"}');
    const parked = save('{"type":"order.framed","data":7}');
    save('no JSON');
    save('{"type":"session.ended","data":7}');
    // By a version that had a handler for it.
    store.sql(`INSERT INTO parked VALUES ('a', ?, 1, 1, 0)`).run(parked);
    const later = another();
    store.continueAfter(parked + 2);
    later.consume('a', { 'session.ended': async () => {} });
    later.start();
    await later.publish(event(1));
    await later.settled();
    const dead = (await later.deadLetters()).map(({ event: body }) => body);
    expect(dead).toEqual(['no JSON', { type: 'session.ended', data: 7 }]);
    expect(store.sql('SELECT * FROM parked').all()).toEqual([]);
    await later.stop();
  });

  it('is tried again in its time, whoever sets the clock back', async () => {
    let aheadMs = 3_600_000;
    const isParked = () => store.sql('SELECT 1 FROM parked').get() !== undefined;
    const later = another({ ...systemClock, now: () => Date.now() + aheadMs });
    const tries: number[] = [];
    later.consume('b', {
      'session.ended': async (_, { attempt }) => {
        tries.push(attempt);
        if (attempt < 3) throw new Error('not yet');
      },
    });
    later.start();
    store.listen({
      afterCommit: () => {
        if (isParked()) aheadMs = 0;
      },
    });
    await later.publish(event(1));
    await later.settled();
    expect(aheadMs).toBe(0);
    expect(tries).toEqual([1, 2, 3]);
    await later.stop();
  });

  it('is tried again soon after a start, where the clock was ahead when it failed', async () => {
    const dueAt = Date.now() + 3_600_000;
    await bus.publish(event(1));
    store.sql(`INSERT INTO parked VALUES ('b', 1, 1, 1, ?)`).run(dueAt);
    store.sql(`INSERT INTO cursors VALUES ('b', 1)`).run();
    const clock = createTestClock();
    const later = another(clock);
    const again: string[] = [];
    later.consume('b', { 'session.ended': async ({ subject }) => void again.push(subject) });
    later.start();
    clock.advance(LONGEST_BACKOFF_MS);
    await later.settled();
    expect(again).toEqual([id(1)]);
    await later.stop();
  });

  it('is not held up by a watcher that throws', async () => {
    bus.watch(() => {
      throw new Error('broken watcher');
    });
    await bus.publish(event(1));
    expect(rows()).toEqual([{ id: id(1) }]);
    expect(watcherErrors).toHaveLength(1);
  });
});
