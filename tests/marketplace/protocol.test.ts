/** The protocol between the services, with its messages doubled, delayed, out of order, lost and spoilt. */

import { type AnyEvent, type EventType, InvalidEvent } from '@fairseat/common/events';
import { seeded } from '@fairseat/common/testing';
import { traceparentOf } from '@fairseat/common/trace-context';
import {
  disorderly,
  healed,
  keepingBack,
  losing,
  lossy,
  passing,
  pastTheEnd,
} from '@fairseat/test-support/disturbances';
import { readEverything } from '@fairseat/test-support/invariants';
import { TestMarketplace, type Visitor } from '@fairseat/test-support/marketplace';
import { openTrade, randomTrade } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

const SEEDS = 20;

describe('a marketplace where every event comes twice and out of order', () => {
  it('is right in the end, whatever people do', async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      await using market = await TestMarketplace.open({ wrap: disorderly(seed) });
      const failures = await randomTrade(market, seeded(seed));
      await pastTheEnd(market);
      const wrong = [...failures, ...(await healed(market)), ...market.errors];
      expect({ seed, wrong }).toEqual({ seed, wrong: [] });
    }
  });
});

describe('a marketplace that loses one in ten events', () => {
  it('frees every ticket and settles all money in the end', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      await using market = await TestMarketplace.open({ wrap: lossy(seed) });
      const failures = await randomTrade(market, seeded(seed), { people: 3, acts: 10 });
      await pastTheEnd(market);
      // Events that are published again may be lost again.
      for (let minutes = 0; minutes < 5; minutes++) await passing(market, 60_000);
      const left = (await healed(market)).filter((line) => !line.startsWith('stale order'));
      const wrong = [...failures, ...left, ...market.errors];
      expect({ seed, wrong }).toEqual({ seed, wrong: [] });
    }
  });
});

describe('an order that is cancelled before its ticket has heard of it', () => {
  it('leaves the ticket to others', async () => {
    const created = keepingBack('tickets', 'order.created');
    const { market, buyer, other, ticket } = await openTrade(created.wrap);
    await using _ = market;
    const order = (await buyer.order(ticket.id)).body;
    await created.arrived;
    expect((await buyer.cancel(order.id)).status).toBe(204);
    created.letThrough();
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'available' });
    expect(await other.holds(ticket.id)).toMatchObject({ status: 'awaiting_payment' });
    await market.settled();
  });
});

/** The buyer's next step, if the order still allows it. */
const deeds = {
  'does nothing': async () => undefined,
  pays: (buyer: Visitor, id: string) => buyer.pay(id),
  'pays at once': (buyer: Visitor, id: string) => buyer.pay(id, 'pm_fairseat_takesAtOnce'),
  'pays by a card that is declined': (buyer: Visitor, id: string) =>
    buyer.pay(id, 'pm_card_chargeDeclined'),
  'never confirms': (buyer: Visitor, id: string) => buyer.pay(id, 'pm_card_authenticationRequired'),
  cancels: (buyer: Visitor, id: string) => buyer.cancel(id),
  'cancels, then pays': async (buyer: Visitor, id: string) => {
    await buyer.cancel(id);
    await buyer.pay(id);
  },
};

describe('a lost message', () => {
  it.each<[EventType, string, keyof typeof deeds, string, string]>([
    ['order.created', 'tickets', 'does nothing', 'cancelled', 'available'],
    ['ticket.reserved', 'orders', 'does nothing', 'cancelled', 'available'],
    ['order.awaiting_payment', 'payments', 'does nothing', 'cancelled', 'available'],
    ['order.created', 'expiration', 'does nothing', 'cancelled', 'available'],
    ['expiration.elapsed', 'orders', 'does nothing', 'cancelled', 'available'],
    ['order.cancelled', 'tickets', 'does nothing', 'cancelled', 'available'],
    ['order.cancelled', 'tickets', 'cancels', 'cancelled', 'available'],
    ['order.cancelled', 'payments', 'never confirms', 'cancelled', 'available'],
    ['order.cancelled', 'payments', 'cancels, then pays', 'cancelled', 'available'],
    ['order.cancelled', 'expiration', 'cancels', 'cancelled', 'available'],
    ['charge.failed', 'orders', 'pays by a card that is declined', 'cancelled', 'available'],
    ['charge.completed', 'orders', 'pays at once', 'cancelled', 'available'],
    ['order.completed', 'tickets', 'pays', 'completed', 'sold'],
    ['order.completed', 'payments', 'pays', 'completed', 'sold'],
    ['order.completed', 'expiration', 'pays', 'completed', 'sold'],
  ])(
    '(%s to %s, when the buyer %s) is made good a minute after the order should have ended',
    async (type, group, deed, orderStatus, ticketStatus) => {
      const { market, buyer, ticket } = await openTrade(losing(group, type, 1));
      await using _ = market;
      const { id } = (await buyer.order(ticket.id)).body;
      await market.settled();
      await deeds[deed](buyer, id);
      // All further events are handled first, so only an event that is published again can make good the loss.
      await market.settled();
      await pastTheEnd(market);
      expect(await healed(market, 2)).toEqual([]);
      expect(await buyer.seesOrder(id)).toMatchObject({ status: orderStatus });
      expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: ticketStatus });
    },
  );
});

describe('a replica', () => {
  it('is not wedged by a version that never came', async () => {
    const { market, seller, buyer, ticket } = await openTrade(
      losing('orders', 'ticket.updated', 2),
    );
    await using _ = market;
    for (const price of [1000, 2000, 3000]) await seller.edit(ticket.id, 'A seat', price);
    await market.settled();
    const { listings } = await readEverything(market.platform);
    expect(listings).toMatchObject([{ version: 4, price: 3000 }]);
    expect(await buyer.holds(ticket.id)).toMatchObject({ ticket: { price: 3000 } });
    expect(await healed(market)).toEqual([]);
  });

  it('that is behind costs the buyer one refusal, which brings it up to date', async () => {
    const { market, seller, buyer, ticket } = await openTrade(
      losing('orders', 'ticket.updated', 1),
    );
    await using _ = market;
    await seller.edit(ticket.id, 'A seat', 9990);
    const stale = await buyer.order(ticket.id, { prefer: 'wait=10' });
    expect(stale.body).toMatchObject({ status: 409, code: 'price_changed' });
    expect(await buyer.holds(ticket.id)).toMatchObject({ ticket: { price: 9990 } });
    expect(await healed(market)).toEqual([]);
  });
});

describe('a record', () => {
  it('publishes every change, with its state at that moment', async () => {
    await using market = await TestMarketplace.open();
    // The key is the id, since a watcher may see an event twice.
    const told = new Map<string, AnyEvent>();
    market.platform.bus.watch((event) => told.set(event.id, event));
    await randomTrade(market, seeded(7));
    await pastTheEnd(market);
    expect(await healed(market)).toEqual([]);
    const { tickets, orders, payments } = await readEverything(market.platform);
    const ofRecord = (source: string, id: string) =>
      [...told.values()]
        .filter((event) => event.source === source && event.subject === id)
        .toSorted((a, b) => a.version - b.version);
    for (const [source, records] of Object.entries({ tickets, orders })) {
      expect(records).not.toEqual([]);
      for (const record of records) {
        const events = ofRecord(source, record.id);
        expect(events.map(({ version }) => version)).toEqual(steps(record.version));
        expect(events.at(-1)?.data).toMatchObject({ status: record.status, id: record.id });
      }
    }
    const charges = payments.filter(({ charge }) => charge !== null);
    expect(charges).not.toEqual([]);
    for (const { id, charge } of charges) {
      const { status, stripeRefundId } = charge ?? {};
      expect(ofRecord('payments', id).at(-1)?.data).toMatchObject({ status, stripeRefundId });
    }
  });
});

const steps = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('an event that cannot be handled', () => {
  const paidWithoutLock = async (market: TestMarketplace, ticketId: string) => {
    const orderId = market.platform.newId();
    const [heard] = (await readEverything(market.platform)).tickets;
    await market.platform.bus.publish({
      specversion: '1.0',
      id: market.platform.newId(),
      source: 'orders',
      type: 'order.completed',
      subject: orderId,
      time: new Date(market.clock.now()).toISOString(),
      version: 3,
      correlationid: 'a-poisoned-story',
      traceparent: traceparentOf({ traceId: orderId }, orderId),
      data: {
        id: orderId,
        userId: heard?.userId ?? '',
        status: 'completed',
        ticketId,
        expiresAt: new Date(market.clock.now()).toISOString(),
        ticket: { title: 'A seat', price: 4990 },
        version: 3,
        createdAt: new Date(market.clock.now()).toISOString(),
      },
    });
    return orderId;
  };

  it('becomes a dead letter, with its reason, and holds up nobody', async () => {
    const { market, buyer, ticket } = await openTrade();
    await using _ = market;
    const poison = await paidWithoutLock(market, ticket.id);
    const order = await buyer.holds(ticket.id);
    expect((await buyer.pay(order.id)).status).toBe(201);
    await market.settled();
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'sold', orderId: order.id });
    expect(await market.platform.bus.deadLetters()).toMatchObject([
      { group: 'tickets', event: { subject: poison }, reason: expect.stringContaining(poison) },
    ]);
    expect((await buyer.get<string>('/metrics')).body).toContain(
      'fairseat_dead_letters{service="tickets"} 1',
    );
  });

  it('is refused before it is saved when it has a value that only readers may have', async () => {
    const { market, ticket } = await openTrade();
    await using _ = market;
    const said: AnyEvent[] = [];
    market.platform.bus.watch((event) => {
      if (event.type === 'order.completed') said.push(event);
    });
    await paidWithoutLock(market, ticket.id);
    await expect.poll(() => said.length).toBe(1);
    const [{ data, ...event }] = said as [AnyEvent];
    const unknown = { ...event, data: { ...data, status: 'other' } } as AnyEvent;
    await expect(async () => market.platform.bus.publish(unknown)).rejects.toThrow(/data\.status/);
  });

  it('is refused before it is saved when it does not fit its schema', async () => {
    const { market, ticket } = await openTrade();
    await using _ = market;
    await market.settled();
    const heard: string[] = [];
    const spoilt = { type: 'ticket.sold', subject: ticket.id, data: { ...ticket, price: '0' } };
    market.platform.bus.watch(({ type }) => heard.push(type));
    const saying = async () => market.platform.bus.publish(spoilt as never);
    await expect(saying).rejects.toThrow(InvalidEvent);
    await market.settled();
    expect(heard).not.toContain('ticket.sold');
    expect(await healed(market)).toEqual([]);
  });
});

describe('what one service has acknowledged', () => {
  it('is known to the next: a ticket just listed is ordered, though the news is slow', async () => {
    const listed = keepingBack('orders', 'ticket.created');
    const { market, buyer, ticket } = await openTrade(listed.wrap);
    await using _ = market;
    const ordering = buyer.order(ticket.id);
    await listed.arrived;
    listed.letThrough();
    expect((await ordering).status).toBe(201);
    expect(await healed(market)).toEqual([]);
  });

  it('is known to the next: an order just locked is paid, though the news is slow', async () => {
    const locked = keepingBack('payments', 'order.awaiting_payment');
    const { market, buyer, ticket } = await openTrade(locked.wrap);
    await using _ = market;
    const order = await buyer.holds(ticket.id);
    const paying = buyer.pay(order.id);
    await locked.arrived;
    locked.letThrough();
    expect((await paying).status).toBe(201);
    expect(await healed(market)).toEqual([]);
  });

  it('is known to the next at once', async () => {
    const { market, seller, buyer } = await openTrade();
    await using _ = market;
    for (let n = 0; n < 20; n++) {
      const order = await buyer.order((await seller.sells()).id);
      expect(order.status).toBe(201);
      expect((await buyer.pay(order.body.id)).status).toBe(201);
    }
    expect(await healed(market)).toEqual([]);
  });

  it('is not waited for without end', async () => {
    const { market, buyer, ticket } = await openTrade(losing('orders', 'ticket.created'));
    await using _ = market;
    await market.settled();
    const ordering = buyer.order(ticket.id);
    expect((await market.hurried(ordering)).status).toBe(404);
  });
});
