/** The feed of events for programs outside, over real connections. */
import type { AddressInfo } from 'node:net';
import { FEED_BEAT_SECONDS, type FeedPage, type OuterEvent } from '@fairseat/common/contracts/feed';
import { endKey } from '@fairseat/feed';
import { bearer, FeedListener, keyFor } from '@fairseat/test-support/feed-listener';
import { TestMarketplace, type TestOptions } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { CloudEvent } from 'cloudevents';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const STORY = [
  'ticket.created',
  'order.created',
  'ticket.reserved',
  'order.awaiting_payment',
  'charge.authorized',
  'order.secured',
  'charge.completed',
  'order.completed',
  'ticket.sold',
];

let market: TestMarketplace;
const open = async (options: TestOptions = {}) => {
  market = await TestMarketplace.open(options);
  await market.app.listen({ host: '127.0.0.1', port: 0 });
};
beforeEach(() => open());
afterEach(() => market[Symbol.asyncDispose]());
const origin = () => `http://127.0.0.1:${(market.app.server.address() as AddressInfo).port}`;

const page = (key: string, query: string, headers: Record<string, string> = {}) =>
  market.visitor().get<FeedPage>(`/api/feed?${query}`, { ...bearer(key), ...headers });
const listen = (key: string, query = '', headers = {}) =>
  FeedListener.open(origin(), key, query, headers);

async function purchase() {
  const [seller, buyer] = await market.people(2);
  const ticket = await seller?.sells('Front row');
  const order = await buyer?.holds(ticket?.id ?? '');
  await buyer?.pay(order?.id ?? '');
  await market.settled();
  return { seller, buyer, ticket, order };
}

/** All events so far, page by page. */
async function allOf(key: string, limit = 3, query = ''): Promise<FeedPage> {
  const events: OuterEvent[] = [];
  for (let next = 'oldest'; ; ) {
    const { body } = await page(key, `after=${next}&limit=${limit}${query}`);
    events.push(...body.events);
    if (body.next === next) return { events, next };
    next = body.next;
  }
}
const typesOf = (events: OuterEvent[]) => events.map(({ type }) => type);
/** What happened to one record in its order, whatever happened to others between. */
const byRecord = (events: OuterEvent[]) =>
  Map.groupBy(events, ({ type, data }) => `${type.split('.')[0]} ${data['id']}`);

describe('a listener from outside', () => {
  it('hears a purchase as it happens, in the order in which pages show it', async () => {
    const key = await keyFor(market, '*');
    const listener = await listen(key);
    expect(listener.response).toMatchObject({ statusCode: 200 });
    await purchase();
    const heard = await listener.until(STORY.length);
    expect(typesOf(heard).toSorted()).toEqual(STORY.toSorted());
    const { events, next } = await allOf(key);
    expect(events).toEqual(heard);
    expect(next).toBe(listener.cursor);
    for (const of of byRecord(heard).values()) {
      const versions = of.map(({ version }) => Number(version));
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    }
    listener.leave();
  });

  it('gets CloudEvents, by the strict rules of their own library', async () => {
    const key = await keyFor(market, '*');
    await purchase();
    await expect.poll(async () => (await allOf(key)).events).toHaveLength(STORY.length);
    const { events } = await allOf(key);
    for (const event of events) expect(new CloudEvent(event, true).toJSON()).toEqual(event);
  });

  it('hears only what it asks for, of what its key is for', async () => {
    const key = await keyFor(market, 'order.*,ticket.sold');
    const all = await listen(key);
    const some = await listen(key, '?types=ticket.sold');
    await purchase();
    const orders = STORY.filter((type) => /^order|sold/.test(type)).toSorted();
    expect(typesOf(await all.until(5)).toSorted()).toEqual(orders);
    expect(typesOf(await some.until(1))).toEqual(['ticket.sold']);
    expect(typesOf((await allOf(key, 2, '&types=order.completed')).events)).toEqual([
      'order.completed',
    ]);
    all.leave();
    some.leave();
  });

  it('goes on where it was, after a restart too, by a stream or by pages', async () => {
    const key = await keyFor(market, '*');
    const first = await listen(key);
    await purchase();
    await first.until(STORY.length);
    first.leave();
    await purchase();
    await market.stop();
    await market.start();
    await market.app.listen({ host: '127.0.0.1', port: 0 });
    await purchase();
    const all = async () => (await allOf(key, 100)).events;
    await expect.poll(all).toHaveLength(3 * STORY.length);
    const events = await all();
    const missed = events.slice(STORY.length);
    const streams = [
      await listen(key, `?after=${first.cursor}`),
      await listen(key, '?after=oldest', { 'last-event-id': first.cursor }),
    ];
    for (const stream of streams) {
      expect(await stream.until(missed.length)).toEqual(missed);
      stream.leave();
    }
    expect((await page(key, `after=${first.cursor}&limit=500`)).body.events).toEqual(missed);
  });

  it('waits for a page until there is one', async () => {
    const key = await keyFor(market, 'ticket.created');
    const { body } = await page(key, 'after=oldest');
    expect(body.events).toEqual([]);
    const waiting = page(key, `after=${body.next}`, { prefer: 'wait=25' });
    const seller = await market.person();
    const ticket = await seller.sells();
    const reply = await waiting;
    expect(reply.headers).toMatchObject({ 'preference-applied': 'wait=25' });
    expect(reply.body.events).toMatchObject([{ subject: ticket.id, data: { title: 'A seat' } }]);
    expect(reply.headers['link']).toBe(`</api/feed?after=${reply.body.next}>; rel="next"`);
    const late = page(key, `after=${reply.body.next}`, { prefer: 'wait=2' });
    expect((await market.hurried(late)).body).toEqual({ events: [], next: reply.body.next });
  });

  it('is told how far it is while there is nothing for it', async () => {
    const key = await keyFor(market, 'order.completed');
    const listener = await listen(key);
    await (await market.person()).sells();
    await market.settled();
    const { newest } = await market.platform.eventLog().ends();
    await expect
      .poll(() => {
        market.clock.advance(FEED_BEAT_SECONDS * 1000);
        return listener.cursor;
      })
      .toBe(newest);
    expect(listener.events).toEqual([]);
    listener.leave();
  });

  it('is never told who somebody is', async () => {
    const key = await keyFor(market, '*');
    const { buyer, seller } = await purchase();
    const secrets = ['@', 'person-', buyer?.token, seller?.token];
    await buyer?.post('/api/users/signout', {});
    await expect.poll(async () => typesOf((await allOf(key)).events)).toContain('session.ended');
    const text = JSON.stringify((await allOf(key)).events);
    expect(text).toContain(buyer?.id);
    for (const secret of secrets) expect(text).not.toContain(secret);
  });
});

describe('a key', () => {
  it('is needed, and good as long as it has not ended', async () => {
    const key = await keyFor(market, '*', 'shop');
    expect(faultsOf(await market.visitor().get('/api/feed'), 401)).toEqual([]);
    expect(faultsOf(await page(`${key}x`, ''), 401)).toEqual([]);
    const listener = await listen(key);
    const waiting = page(key, '', { prefer: 'wait=25' });
    expect(await endKey(market.platform.registry('feed'), 'shop')).toBe(true);
    await listener.ended;
    expect(faultsOf(await waiting, 401)).toEqual([]);
    expect(faultsOf(await page(key, ''), 401)).toEqual([]);
    expect(await endKey(market.platform.registry('feed'), 'shop')).toBe(false);
  });

  it('is kept as a hash alone', async () => {
    const key = await keyFor(market, '*');
    const kept = JSON.stringify(await market.platform.registry('feed').list());
    expect(kept).not.toContain(key);
    expect(kept).not.toContain(key.slice(4, 20));
  });

  it.each(['order.cancelled', 'order.*', '*', 'ticket.sold,order.created'])(
    'that is for other events is refused %s',
    async (types) => {
      const key = await keyFor(market, 'ticket.*');
      const reply = await page(key, `types=${types}`);
      expect(faultsOf(reply, 403)).toEqual([]);
      expect(reply.body).toMatchObject({ code: 'not_in_scope' });
    },
  );

  it('has so many listeners at once, and no more', async () => {
    await market[Symbol.asyncDispose]();
    await open({ env: { RATE_LIMITS: 'on', LISTENERS_PER_KEY: '2' } });
    const key = await keyFor(market, '*');
    const [first, second] = [await listen(key), await listen(key)];
    expect((await listen(key)).response.statusCode).toBe(429);
    expect(faultsOf(await page(key, '', { prefer: 'wait=9' }), 429)).toEqual([]);
    expect((await page(key, '')).status).toBe(200);
    first.leave();
    await expect.poll(async () => (await listen(key)).response.statusCode).toBe(200);
    second.leave();
  });
});

describe('a place', () => {
  it.each(['types=order.complete', 'types=nothing.*', 'types=order.created,order.x'])(
    'of no such event type is refused (%s)',
    async (query) => {
      const reply = await page(await keyFor(market, '*'), query);
      expect(faultsOf(reply, 400)).toEqual([]);
      expect(reply.body).toMatchObject({ code: 'unknown_event_type' });
    },
  );

  it.each(['999999', 'x-3', 'zzz'])('that is none of this log is gone (%s)', async (cursor) => {
    const key = await keyFor(market, '*');
    await purchase();
    // NATS gathers them a moment later.
    await expect.poll(async () => (await allOf(key)).events).toHaveLength(STORY.length);
    for (const headers of [{}, { accept: 'text/event-stream' }]) {
      const reply = await page(key, `after=${cursor}`, headers);
      expect(faultsOf(reply, 410)).toEqual([]);
      const { oldest } = await market.platform.eventLog().ends();
      expect(reply.body).toMatchObject({ code: 'cursor_gone', oldest });
      expect((await page(key, `after=${oldest}`)).body.events).toHaveLength(STORY.length);
    }
  });
});
