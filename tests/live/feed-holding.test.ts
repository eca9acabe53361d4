/** The feed under many listeners, of whom one sleeps, and behind what is kept. */
import type { AddressInfo, Socket } from 'node:net';
import { sessionEvents } from '@fairseat/common/contracts/session';
import { createEventFactory } from '@fairseat/common/kit';
import { bearer, FeedListener, keyFor } from '@fairseat/test-support/feed-listener';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const LISTENERS = 100;
const EVENTS = 6000;
/** Of one listener that takes nothing: the buffers of its connection, and what was handed to it last. */
const MOST_HELD_BYTES = 512 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;

let market: TestMarketplace;
let sockets: Socket[];
beforeEach(async () => {
  market = await TestMarketplace.open();
  sockets = [];
  market.app.server.on('connection', (socket) => sockets.push(socket));
  await market.app.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(() => market[Symbol.asyncDispose]());

const open = (key: string, query = '') =>
  FeedListener.open(
    `http://127.0.0.1:${(market.app.server.address() as AddressInfo).port}`,
    key,
    query,
  );

/** Publishes so many events. Answers their ids in order. */
async function publish(count: number): Promise<string[]> {
  const auth = { name: 'auth', publishes: sessionEvents };
  const { clock, newId, bus } = market.platform;
  const newEvent = createEventFactory(auth, clock, newId);
  const expiresAt = new Date(clock.now()).toISOString();
  const ids: string[] = [];
  for (let from = 0; from < count; from += 100) {
    const some = Array.from({ length: Math.min(100, count - from) }, () => {
      const id = newId();
      ids.push(id);
      return newEvent('session.ended', { id, version: 1 }, { sessionId: id, expiresAt });
    });
    await Promise.all(some.map((event) => bus.publish(event)));
  }
  return ids;
}
const subjects = (listener: FeedListener) => listener.events.map(({ subject }) => subject);

describe('a hundred listeners, of whom one sleeps', () => {
  it('all hear everything in order, and the sleeper costs little until it wakes', async () => {
    const key = await keyFor(market, '*');
    const listeners = await Promise.all(Array.from({ length: LISTENERS }, () => open(key)));
    const [sleeper, ...others] = listeners as [FeedListener, ...FeedListener[]];
    sleeper.response.pause();
    const ids = await publish(EVENTS);
    for (const listener of others) {
      await listener.until(EVENTS);
      expect(subjects(listener)).toEqual(ids);
    }
    const held = sockets.map(({ writableLength }) => writableLength);
    expect(Math.max(...held)).toBeGreaterThan(0);
    expect(Math.max(...held)).toBeLessThan(MOST_HELD_BYTES);
    expect(sleeper.events.length).toBeLessThan(EVENTS);
    sleeper.response.resume();
    await sleeper.until(EVENTS);
    expect(subjects(sleeper)).toEqual(ids);
    for (const listener of listeners) listener.leave();
  });

  it('a sleeper is cut off in the end, and goes on where it was', async () => {
    const key = await keyFor(market, '*');
    const sleeper = await open(key);
    sleeper.response.pause();
    const ids = await publish(EVENTS);
    const isStuck = () => sockets.some(({ writableNeedDrain }) => writableNeedDrain);
    await expect.poll(isStuck).toBe(true);
    market.clock.advance(60_000);
    sleeper.response.resume();
    await sleeper.ended;
    const heard = sleeper.events.length;
    expect(heard).toBeLessThan(EVENTS);
    const again = await open(key, sleeper.cursor ? `?after=${sleeper.cursor}` : '?after=oldest');
    await again.until(EVENTS - heard);
    expect([...subjects(sleeper), ...subjects(again)]).toEqual(ids);
    again.leave();
  });
});

describe('a listener that was away', () => {
  it('for an hour hears what it missed', async () => {
    const key = await keyFor(market, '*');
    const first = await open(key);
    const before = await publish(10);
    await first.until(10);
    first.leave();
    market.clock.advance(60 * 60 * 1000);
    const missed = await publish(3000);
    const again = await open(key, `?after=${first.cursor}`);
    const later = await publish(10);
    await again.until(3010);
    expect([...subjects(first), ...subjects(again)]).toEqual([...before, ...missed, ...later]);
    again.leave();
  });

  it('for longer than events are kept is told so, and from where it can go on', async () => {
    const key = await keyFor(market, '*');
    const first = await open(key);
    await publish(10);
    await first.until(5);
    first.leave();
    const log = market.platform.eventLog();
    // Once an hour it is noted how far the log is, which tells later how old events are.
    market.clock.advance(DAY_MS);
    const kept = await publish(1);
    market.clock.advance(40 * DAY_MS);
    kept.push(...(await publish(3)));
    await expect
      .poll(async () => {
        market.clock.advance(5000);
        return (await log.ends()).oldest;
      })
      .toBe('10');
    const ask = (after: string) =>
      market
        .visitor()
        .get<{ events: { subject: string }[] }>(`/api/feed?after=${after}`, bearer(key));
    const gone = await ask('4');
    expect(faultsOf(gone, 410)).toEqual([]);
    expect(gone.body).toMatchObject({ oldest: '10' });
    const { events } = (await ask('10')).body;
    expect(events.map(({ subject }) => subject)).toEqual(kept);
    expect((await open(key, '?after=4')).response.statusCode).toBe(410);
  });
});
