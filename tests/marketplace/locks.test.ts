/** Locks on tickets that are requested late, early, twice or in vain, and their alarms. */

import {
  type Delivered,
  eventually,
  failingToPublish,
  healed,
  keepingBack,
  overheard,
  ringingByHand,
  saying,
} from '@fairseat/test-support/disturbances';
import { openTrade } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

const MINUTE_MS = 60_000;

describe('a ticket that another order still holds', () => {
  /** The holder has cancelled, the next buyer has ordered, and tickets has received only the second event. */
  const between = async () => {
    const cancelled = keepingBack('tickets', 'order.cancelled');
    const tries: Delivered[] = [];
    const listening = overheard((delivered) => tries.push(delivered));
    const trade = await openTrade((platform) => listening(cancelled.wrap(platform)));
    const { buyer, other, ticket, market } = trade;
    const first = await buyer.holds(ticket.id);
    await buyer.cancel(first.id);
    await cancelled.arrived;
    const second = (await other.order(ticket.id)).body;
    const triesFor = (id: string) =>
      tries.filter(({ group, event }) => group === 'tickets' && event.subject === id).length;
    await eventually(
      async () => triesFor(second.id),
      (count) => count >= 3,
    );
    return { ...trade, market, first, second, cancelled, triesFor };
  };

  it('is waited for, and had by the next buyer once its holder’s end arrives', async () => {
    const { market, other, ticket, second, cancelled } = await between();
    await using _ = market;
    expect(await other.seesOrder(second.id)).toMatchObject({ status: 'created' });
    cancelled.letThrough();
    expect(await healed(market)).toEqual([]);
    expect(await other.seesOrder(second.id)).toMatchObject({ status: 'awaiting_payment' });
    expect(await other.seesTicket(ticket.id)).toMatchObject({ orderId: second.id });
  });

  it('is refused to the next buyer when that end does not arrive', async () => {
    const { market, other, ticket, first, second, cancelled, triesFor } = await between();
    await using _ = market;
    const order = await eventually(
      () => other.seesOrder(second.id),
      ({ status }) => status !== 'created',
    );
    expect(order).toMatchObject({ status: 'cancelled', reason: 'ticket_unavailable' });
    expect(triesFor(second.id)).toBeGreaterThanOrEqual(20);
    expect(await other.seesTicket(ticket.id)).toMatchObject({ orderId: first.id });
    cancelled.letThrough();
    expect(await healed(market)).toEqual([]);
    expect(await other.seesTicket(ticket.id)).toMatchObject({ status: 'available' });
  });
});

describe('a lock that is asked for late', () => {
  it('is refused when the order is past its time', async () => {
    const created = keepingBack('tickets', 'order.created');
    const { market, buyer, ticket } = await openTrade(created.wrap);
    await using _ = market;
    const refused = saying(market, 'ticket.refused');
    const order = (await buyer.order(ticket.id)).body;
    await created.arrived;
    market.clock.advance(15 * MINUTE_MS);
    created.letThrough();
    expect(await healed(market)).toEqual([]);
    const refusal = { orderId: order.id, reason: 'expired' };
    expect(refused.said).toMatchObject([{ data: { refusal } }]);
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'cancelled' });
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'available' });
  });

  it('is refused when the price was edited in between, and never granted at another', async () => {
    const created = keepingBack('tickets', 'order.created');
    const { market, seller, buyer, ticket } = await openTrade(created.wrap);
    await using _ = market;
    const order = (await buyer.order(ticket.id)).body;
    await created.arrived;
    expect((await seller.edit(ticket.id, ticket.title, 9990)).status).toBe(200);
    created.letThrough();
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesOrder(order.id)).toMatchObject({
      status: 'cancelled',
      reason: 'ticket_unavailable',
      ticket: { price: 4990 },
    });
    expect((await buyer.pay(order.id)).body).toMatchObject({ code: 'not_awaiting_payment' });
    expect(await buyer.holds(ticket.id)).toMatchObject({ ticket: { price: 9990 } });
    await market.settled();
  });

  it('is refused when the ticket was withdrawn in between', async () => {
    const created = keepingBack('tickets', 'order.created');
    const { market, seller, buyer, ticket } = await openTrade(created.wrap);
    await using _ = market;
    const order = (await buyer.order(ticket.id)).body;
    await created.arrived;
    expect((await seller.withdraw(ticket.id)).status).toBe(204);
    created.letThrough();
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesOrder(order.id)).toMatchObject({ reason: 'ticket_unavailable' });
  });
});

describe('a seller', () => {
  it('cannot order their own ticket', async () => {
    const { market, seller, buyer, ticket } = await openTrade();
    await using _ = market;
    expect((await seller.order(ticket.id)).body).toMatchObject({ status: 403, code: 'own_ticket' });
    expect(await buyer.holds(ticket.id)).toMatchObject({ userId: buyer.id });
    expect(await healed(market)).toEqual([]);
  });
});

describe('a ticket that is not locked yet', () => {
  it('cannot be paid', async () => {
    const created = keepingBack('tickets', 'order.created');
    const { market, buyer, ticket } = await openTrade(created.wrap);
    await using _ = market;
    const order = (await buyer.order(ticket.id)).body;
    const paying = buyer.pay(order.id);
    await created.arrived;
    expect((await market.hurried(paying)).body).toMatchObject({
      status: 404,
      detail: expect.stringContaining('yet'),
    });
    created.letThrough();
    expect(await healed(market)).toEqual([]);
    expect((await buyer.pay(order.id)).status).toBe(201);
    expect(await healed(market)).toEqual([]);
  });
});

describe('a ticket that is held', () => {
  it('changes neither price nor title, and stays for sale', async () => {
    const { market, seller, buyer, ticket } = await openTrade();
    await using _ = market;
    await buyer.holds(ticket.id);
    expect((await seller.edit(ticket.id, 'Another', 1)).body).toMatchObject({ status: 409 });
    expect((await seller.withdraw(ticket.id)).body).toMatchObject({ status: 409 });
    expect(await healed(market)).toEqual([]);
  });

  it('is not freed by the cancellation of an order that lost it, however late that arrives', async () => {
    const { market, buyer, other, ticket } = await openTrade();
    await using _ = market;
    const cancelled = saying(market, 'order.cancelled');
    const loser = await buyer.holds(ticket.id);
    await buyer.cancel(loser.id);
    await market.settled();
    const winner = await other.holds(ticket.id);
    await cancelled.sayAgain(3);
    expect(await healed(market)).toEqual([]);
    expect(await other.seesTicket(ticket.id)).toMatchObject({
      status: 'reserved',
      orderId: winner.id,
    });
    expect((await other.pay(winner.id)).status).toBe(201);
    expect(await healed(market)).toEqual([]);
  });

  it('leaves every other ticket of the seller for sale', async () => {
    const { market, seller, buyer, other, ticket } = await openTrade();
    await using _ = market;
    const neighbours = await Promise.all(
      Array.from({ length: 20 }, () => seller.sells('A seat of the same event')),
    );
    const held = await Promise.all(
      [ticket, ...neighbours].map(({ id }, n) => (n % 2 ? buyer : other).holds(id)),
    );
    expect(new Set(held.map(({ ticketId }) => ticketId)).size).toBe(21);
    expect(await healed(market)).toEqual([]);
  });
});

describe('an alarm', () => {
  it('that never rings keeps no ticket: the sweep frees it', async () => {
    const alarms = ringingByHand();
    const { market, buyer, ticket } = await openTrade(alarms.wrap);
    await using _ = market;
    const order = await buyer.holds(ticket.id);
    market.clock.advance(15 * MINUTE_MS + 2000);
    expect(await healed(market, 2)).toEqual([]);
    expect(await buyer.seesOrder(order.id)).toMatchObject({ reason: 'expired' });
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'available' });
  });

  it('that rings early is ignored', async () => {
    const alarms = ringingByHand();
    const { market, buyer, ticket } = await openTrade(alarms.wrap);
    await using _ = market;
    const order = await buyer.holds(ticket.id);
    market.clock.advance(14 * MINUTE_MS);
    await alarms.ring(order.id);
    await market.settled();
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'awaiting_payment' });
    expect((await buyer.pay(order.id)).status).toBe(201);
    expect(await healed(market)).toEqual([]);
  });

  it('that rings for a cancelled order takes nothing from the next buyer', async () => {
    const alarms = ringingByHand();
    const { market, buyer, other, ticket } = await openTrade(alarms.wrap);
    await using _ = market;
    const first = await buyer.holds(ticket.id);
    market.clock.advance(14 * MINUTE_MS);
    await buyer.cancel(first.id);
    await market.settled();
    const second = await other.holds(ticket.id);
    market.clock.advance(MINUTE_MS);
    await alarms.ring(first.id);
    expect(await healed(market)).toEqual([]);
    expect(await other.seesTicket(ticket.id)).toMatchObject({
      status: 'reserved',
      orderId: second.id,
    });
    expect((await other.pay(second.id)).status).toBe(201);
    expect(await healed(market)).toEqual([]);
  });

  it('that rings twice ends the order once', async () => {
    const alarms = ringingByHand();
    const { market, buyer, other, ticket } = await openTrade(alarms.wrap);
    await using _ = market;
    const first = await buyer.holds(ticket.id);
    market.clock.advance(15 * MINUTE_MS);
    await Promise.all([alarms.ring(first.id), alarms.ring(first.id)]);
    expect(await healed(market)).toEqual([]);
    const second = await other.holds(ticket.id);
    await alarms.ring(first.id);
    expect(await healed(market)).toEqual([]);
    expect(await other.seesTicket(ticket.id)).toMatchObject({ orderId: second.id });
  });

  it('rings once, however often order.created arrives', async () => {
    const { market, buyer, ticket } = await openTrade();
    await using _ = market;
    const created = saying(market, 'order.created');
    const elapsed = saying(market, 'expiration.elapsed');
    const order = await buyer.holds(ticket.id);
    await created.sayAgain(3);
    market.clock.advance(15 * MINUTE_MS);
    expect(await healed(market)).toEqual([]);
    expect(elapsed.said).toMatchObject([{ subject: order.id }]);
  });

  it('counts the time of the order by the clock of the server alone', async () => {
    const { market, buyer, ticket } = await openTrade();
    await using _ = market;
    const before = market.clock.now();
    const far = '2099-01-01T00:00:00.000Z';
    const cheat = await buyer.post('/api/orders', { ticketId: ticket.id, expiresAt: far });
    expect(cheat.status).toBe(400);
    const order = await buyer.holds(ticket.id);
    const heldMs = Date.parse(order.expiresAt) - before;
    expect(heldMs).toBeGreaterThanOrEqual(15 * MINUTE_MS);
    expect(heldMs).toBeLessThan(15 * MINUTE_MS + 5000);
    market.clock.advance(heldMs);
    expect(await healed(market, 3)).toEqual([]);
    expect((await buyer.pay(order.id)).status).toBe(409);
  });

  it('whose event could not be published rings again', async () => {
    const { market, buyer, ticket } = await openTrade(failingToPublish(1));
    await using _ = market;
    const elapsed = saying(market, 'expiration.elapsed');
    const order = await buyer.holds(ticket.id);
    market.clock.advance(15 * MINUTE_MS);
    await eventually(
      async () => market.errors,
      (errors) => errors.length > 0,
    );
    market.clock.advance(1000);
    expect(await healed(market, 1)).toEqual([]);
    expect(elapsed.said).toMatchObject([{ subject: order.id }]);
    expect(market.errors).toContainEqual(expect.stringContaining('it will ring again'));
  });
});
