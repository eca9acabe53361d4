/** The live events that browsers receive, over real connections. */
import type { AddressInfo } from 'node:net';
import { LIVE_BEAT_SECONDS, MAX_LIVE_TICKETS } from '@fairseat/common/contracts/live';
import type { AnyEvent } from '@fairseat/common/events';
import { type Heard, Listener } from '@fairseat/test-support/listener';
import {
  TestMarketplace,
  type TestOptions,
  type Visitor,
} from '@fairseat/test-support/marketplace';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let market: TestMarketplace;
/** Shows an event to the watchers of the bus, and to nobody else. */
let show: (event: AnyEvent) => void;
/** Notifies the watchers of a gap in their events. */
let missSome: () => void;
let watching: number;

const wrap: TestOptions['wrap'] = (platform) => {
  const listeners = new Set<(event: AnyEvent) => void>();
  show = (event) => {
    for (const listener of listeners) listener(event);
  };
  const gaps = new Set<() => void>();
  missSome = () => {
    for (const onGap of gaps) onGap();
  };
  const watch = platform.bus.watch.bind(platform.bus);
  platform.bus.watch = (listener, onGap) => {
    listeners.add(listener);
    if (onGap) gaps.add(onGap);
    watching += 1;
    const stop = watch(listener);
    return () => {
      watching -= 1;
      stop();
    };
  };
  return platform;
};

const open = async (options: TestOptions = {}) => {
  watching = 0;
  market = await TestMarketplace.open({ wrap, ...options });
  await market.app.listen({ host: '127.0.0.1', port: 0 });
};
beforeEach(() => open());
afterEach(() => market[Symbol.asyncDispose]());

const reopen = async (options: TestOptions) => {
  await market[Symbol.asyncDispose]();
  await open(options);
};
const origin = () => `http://127.0.0.1:${(market.app.server.address() as AddressInfo).port}`;

async function listen(visitor?: Visitor, ticketIds: string[] = []) {
  const query = ticketIds.length > 0 ? `?tickets=${ticketIds}` : '';
  const cookie = visitor?.cookie;
  return Listener.open(origin(), query, cookie ? { cookie } : {});
}

/** Opens a stream and takes the `reset` that it begins with. */
async function listening(visitor?: Visitor, ticketIds: string[] = []) {
  const listener = await listen(visitor, ticketIds);
  expect((await listener.next()).name).toBe('reset');
  return listener;
}

const people = async () => (await market.people(3)) as [Visitor, Visitor, Visitor];
const statusIs = (status: string) => (event: Heard) =>
  'status' in event.data && event.data.status === status;

/** The number of connections that the server still has. */
const connections = () =>
  new Promise<number>((resolve, reject) =>
    market.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

describe('a live stream', () => {
  it('begins with a reset that tells the time of the server', async () => {
    market.clock.advance(3_600_000);
    const { response, next } = await listen().then((listener) => ({
      response: listener.response,
      next: listener.next(),
    }));
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const { name, data } = await next;
    expect(name).toBe('reset');
    const now = 'now' in data ? Date.parse(data.now) : 0;
    expect(Math.abs(now - market.clock.now())).toBeLessThan(10_000);
  });

  it('tells whoever asks what becomes of a ticket', async () => {
    const [seller, buyer] = await people();
    const { id } = await seller.sells('Row 1', 4990);
    const stranger = await listening(undefined, [id]);
    await seller.edit(id, 'Row 1', 5990);
    expect(await stranger.next()).toMatchObject({ name: 'ticket', data: { id, price: 5990 } });
    const order = await buyer.holds(id);
    expect(await stranger.next()).toMatchObject({ data: { id, status: 'reserved' } });
    await buyer.cancel(order.id);
    expect(await stranger.next()).toMatchObject({ data: { id, status: 'available' } });
    await buyer.pay((await buyer.holds(id)).id);
    expect(await stranger.until(statusIs('sold'))).toMatchObject({ data: { id } });
    const other = await seller.sells('Row 2', 4990);
    const both = await listening(undefined, [id, other.id]);
    await seller.withdraw(other.id);
    expect(await both.next()).toMatchObject({ data: { id: other.id, status: 'withdrawn' } });
  });

  it('tells buyers of their orders and sellers of their tickets, unasked', async () => {
    const [seller, buyer] = await people();
    const { id } = await seller.sells();
    const [selling, buying] = [await listening(seller), await listening(buyer)];
    const order = await buyer.holds(id);
    expect(await selling.next()).toMatchObject({ name: 'ticket', data: { status: 'reserved' } });
    const held = await buying.until(statusIs('awaiting_payment'));
    expect(held).toMatchObject({ name: 'order', data: order });
    market.clock.advance(16 * 60_000);
    expect(await buying.until(statusIs('cancelled'))).toMatchObject({
      name: 'order',
      data: { id: order.id, reason: 'expired' },
    });
    expect(await selling.until(statusIs('available'))).toMatchObject({ data: { id } });
  });

  it('tells buyers that a ticket is theirs before its money is taken', async () => {
    const [seller, buyer] = await people();
    const { id } = await buyer.holds((await seller.sells()).id);
    const buying = await listening(buyer);
    await buyer.pay(id);
    const secured = await buying.until(({ data }) => 'securedAt' in data);
    expect(secured).toMatchObject({ name: 'order', data: { id, status: 'awaiting_payment' } });
    expect(await buying.until(statusIs('completed'))).toMatchObject({ data: { id } });
  });

  it("says nothing of another user's data", async () => {
    const [seller, buyer, other] = await people();
    const watched = await other.sells('Watched', 1);
    const own = await other.sells('Own', 1);
    const streams = await Promise.all([
      listening(undefined, [watched.id]),
      listening(other, [watched.id]),
    ]);
    const ticket = await seller.sells('Not asked for', 4990);
    await seller.edit(ticket.id, 'Not asked for', 5990);
    await buyer.pay((await buyer.holds(ticket.id)).id);
    await buyer.holds(watched.id);
    await market.settled();
    await other.withdraw(own.id);
    await other.edit(own.id, 'Own', 2);
    await market.settled();
    await streams[1]?.until(statusIs('withdrawn'));
    const refusal = { orderId: buyer.id, reason: 'reserved' };
    show({
      type: 'ticket.refused',
      subject: watched.id,
      data: { ...watched, version: 99, refusal },
    } as AnyEvent);
    await streams[1]?.until(({ data }) => 'version' in data && data.version === 99);
    for (const { heard } of streams) {
      expect(new Set(heard.map(({ name }) => name))).toEqual(new Set(['reset', 'ticket']));
    }
    expect(streams[0]?.text).not.toContain(own.id);
    for (const { text } of streams) {
      expect(text).not.toContain('Not asked for');
      expect(text).not.toContain(buyer.id);
      expect(text).not.toContain(seller.id);
    }
  });

  it('says a status that a newer release added as other', async () => {
    const [seller] = await people();
    const ticket = await seller.sells();
    const listener = await listening(seller, [ticket.id]);
    const data = { ...ticket, version: 99, status: 'other' };
    show({ type: 'ticket.updated', subject: ticket.id, data } as AnyEvent);
    expect(await listener.until(statusIs('other'))).toEqual({ name: 'ticket', data });
  });

  it('says each change once to one who has asked twice', async () => {
    const [seller] = await people();
    const { id } = await seller.sells();
    const listener = await listening(seller, [id, id]);
    await seller.edit(id, 'A', 1);
    await seller.edit(id, 'B', 2);
    expect(await listener.next()).toMatchObject({ data: { title: 'A' } });
    expect(await listener.next()).toMatchObject({ data: { title: 'B' } });
  });

  it('begins anew, for everybody, when something may have been missed', async () => {
    const [seller] = await people();
    const listeners = await Promise.all([listening(seller), listening()]);
    missSome();
    for (const listener of listeners) expect((await listener.next()).name).toBe('reset');
  });

  it('beats while nothing happens', async () => {
    const listener = await listening();
    for (let beats = 0; beats < 3; beats++) {
      market.clock.advance(LIVE_BEAT_SECONDS * 1000 + 1000);
      expect((await listener.next()).name).toBe('beat');
    }
  });

  it('outlives the time that a request may take, and is never idle for too long', async () => {
    await reopen({ requestTimeoutMs: 100 });
    const listener = await listening();
    const tooSlow = await fetch(`${origin()}/api/users/signin`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) }),
      duplex: 'half',
    } as RequestInit);
    expect(tooSlow.status).toBe(408);
    expect(market.app.server.timeout).toBeGreaterThan((LIVE_BEAT_SECONDS + 5) * 1000);
    market.clock.advance(LIVE_BEAT_SECONDS * 1000 + 1000);
    expect(await listener.next()).toMatchObject({ name: 'beat' });
  });

  it.each([
    ['no ids', 'tickets='],
    ['what is no id', 'tickets=1'],
    ['what it does not know', 'ticket=1'],
    ['more tickets than allowed', `tickets=${Array(MAX_LIVE_TICKETS + 1).fill('f'.repeat(32))}`],
  ])('is refused to those who ask with %s', async (_, query) => {
    expect((await Listener.open(origin(), `?${query}`)).response.statusCode).toBe(400);
  });
});

describe('the end of a live stream', () => {
  it('comes with the end of the session, in every browser that has it', async () => {
    const [buyer, other] = await people();
    const streams = [await listening(buyer), await listening(buyer)];
    const others = await listening(other);
    await buyer.post('/api/users/signout', {});
    await Promise.all(streams.map(({ ended }) => ended));
    const { id } = await other.sells();
    expect(await others.next()).toMatchObject({ data: { id } });
  });

  it('comes with the next beat when the session was found to have ended later', async () => {
    const [buyer] = await people();
    const listener = await listening(buyer);
    market.clock.advance(7 * 24 * 3_600_000);
    await listener.ended;
    expect(listener.heard.at(-1)?.name).toBe('reset');
  });

  it('is let go of by the server when the browser has gone', async () => {
    const listeners = await Promise.all(Array.from({ length: 20 }, () => listening()));
    expect(await connections()).toBe(20);
    for (const listener of listeners) listener.close();
    await expect.poll(connections).toBe(0);
  });

  it('comes to a reader who is too slow, and the others miss nothing', async () => {
    const [seller] = await people();
    const ticket = await seller.sells('x'.repeat(200), 1);
    const slow = await listening(undefined, [ticket.id]);
    const quick = await listening(undefined, [ticket.id]);
    slow.response.pause();
    const told = (version: number) => {
      show({
        type: 'ticket.updated',
        subject: ticket.id,
        data: { ...ticket, version },
      } as AnyEvent);
      return quick.until(({ data }) => 'version' in data && data.version === version);
    };
    let version = 1;
    while ((await connections()) === 2) {
      for (let burst = 0; burst < 100; burst++) await told(++version);
      expect(version).toBeLessThan(100_000);
    }
    await told(++version);
  });

  it('comes at once when the server stops', async () => {
    const [buyer] = await people();
    const streams = await Promise.all([listening(buyer), listening(), listening()]);
    const startedAt = performance.now();
    await market.stop();
    await Promise.all(streams.map(({ ended }) => ended));
    expect(performance.now() - startedAt).toBeLessThan(2000);
    expect(watching).toBe(0);
  });
});
