/** Money is taken once, for one order, or given back, whatever is late, lost, repeated or cut off by a crash. */

import { eventually, healed, losing } from '@fairseat/test-support/disturbances';
import type { TestMarketplace, Visitor } from '@fairseat/test-support/marketplace';
import { openHeld, openTrade, restart, taken, untilOver } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

const MINUTE_MS = 60_000;

describe('a charge', () => {
  it('is saved before the gateway is asked', async () => {
    const { market, buyer, gateway, order } = await openHeld();
    await using _ = market;
    const call = gateway.hold('before', 'open');
    const paying = buyer.pay(order.id);
    await call.reached;
    expect(await buyer.seesCharge(order.id)).toMatchObject({ status: 'created', amount: 4990 });
    call.release();
    expect((await paying).status).toBe(201);
    expect(await healed(market)).toEqual([]);
  });

  it('holds no lock and no transaction while the gateway is asked', async () => {
    const { market, seller, buyer, other, gateway, order } = await openHeld();
    await using _ = market;
    const call = gateway.hold('before', 'confirm');
    const paying = buyer.pay(order.id);
    await call.reached;
    const ticket = await seller.sells('Another seat');
    const neighbour = await other.holds(ticket.id);
    expect((await other.pay(neighbour.id)).status).toBe(201);
    expect((await buyer.seesOrder(order.id)).status).toBe('awaiting_payment');
    expect((await buyer.pay(order.id)).body).toMatchObject({ code: 'payment_in_progress' });
    expect((await buyer.cancel(order.id)).status).toBe(204);
    call.release();
    await paying;
    expect(await healed(market)).toEqual([]);
  });

  it('is refused from the moment the order’s time is over', async () => {
    // Nobody has cancelled the order yet, so the refusal shows that payments checks the time itself.
    const { market, buyer, ticket } = await openTrade(losing('orders', 'expiration.elapsed'));
    await using _ = market;
    const order = await buyer.holds(ticket.id);
    market.clock.advance(Date.parse(order.expiresAt) - market.clock.now());
    expect((await buyer.pay(order.id)).body).toMatchObject({ status: 409, code: 'order_expired' });
    market.clock.advance(2000);
    expect(await healed(market)).toEqual([]);
    expect(await taken(market)).toEqual([]);
  });

  it('is of exactly the price, which is a whole number of cents', async () => {
    const { market, seller, buyer } = await openTrade();
    await using _ = market;
    for (const price of [1, 29, 2999, 99_999_999]) {
      const order = await buyer.holds((await seller.sells('A seat', price)).id);
      expect((await buyer.pay(order.id)).body).toMatchObject({ amount: price });
    }
    expect((await seller.list('A seat', 0.29 * 100)).status).toBe(400);
    expect(await healed(market)).toEqual([]);
  });
});

describe('the currency of a charge', () => {
  it('is that of the setting, for the gateway and for the buyer', async () => {
    const { market, buyer, gateway, order } = await openHeld({ env: { CURRENCY: 'eur' } });
    await using _ = market;
    expect((await buyer.pay(order.id)).body).toMatchObject({ amount: 4990, currency: 'eur' });
    expect(gateway.argsOf('open')).toMatchObject([[{ amount: 4990, currency: 'eur' }]]);
    expect(await buyer.seesCharge(order.id)).toMatchObject({ currency: 'eur' });
    expect(await healed(market)).toEqual([]);
  });
});

describe('a paid order', () => {
  it('cannot be paid again', async () => {
    const { market, buyer, gateway, order } = await openHeld();
    await using _ = market;
    expect((await buyer.pay(order.id)).status).toBe(201);
    for (const token of ['pm_card_visa', 'pm_card_mastercard']) {
      const again = await buyer.pay(order.id, token);
      expect(again.body).toMatchObject({ status: 409, code: 'already_paid' });
      await market.settled();
    }
    expect(gateway.count('confirm')).toBe(1);
    expect(await healed(market)).toEqual([]);
  });

  it('cannot be cancelled, and keeps its ticket', async () => {
    const { market, buyer, order, ticket } = await openHeld();
    await using _ = market;
    await buyer.pay(order.id);
    await market.settled();
    expect((await buyer.cancel(order.id)).body).toMatchObject({ code: 'order_completed' });
    market.clock.advance(20 * MINUTE_MS);
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'sold', orderId: order.id });
  });
});

describe('money that was taken at once, and arrives late', () => {
  const arrivesLate = async (end: (trade: Awaited<ReturnType<typeof openHeld>>) => unknown) => {
    const trade = await openHeld();
    const answer = trade.gateway.hold('after', 'confirm');
    const paying = trade.buyer.pay(trade.order.id, 'pm_fairseat_takesAtOnce');
    await answer.reached;
    await end(trade);
    await trade.market.settled();
    expect(await trade.buyer.seesOrder(trade.order.id)).toMatchObject({ status: 'cancelled' });
    return { ...trade, deliver: answer.release, paying };
  };

  it.each([
    [
      'cancelled',
      (trade: { buyer: Visitor; order: { id: string } }) => trade.buyer.cancel(trade.order.id),
    ],
    ['expired', (trade: { market: TestMarketplace }) => trade.market.clock.advance(15 * MINUTE_MS)],
  ])('is given back once when the order is %s', async (_name, end) => {
    const { market, buyer, order, ticket, gateway, deliver, paying } = await arrivesLate(end);
    await using _ = market;
    deliver();
    await paying;
    expect(await healed(market)).toEqual([]);
    expect((await buyer.seesCharge(order.id)).stripeRefundId).not.toBeNull();
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'cancelled' });
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'available' });
    market.clock.advance(5 * MINUTE_MS);
    expect(await healed(market)).toEqual([]);
    expect(gateway.count('refund')).toBe(1);
  });

  it('is given back without touching the good order of the next buyer', async () => {
    const { market, buyer, other, order, ticket, deliver, paying } = await arrivesLate(
      ({ buyer: first, order: { id } }) => first.cancel(id),
    );
    await using _ = market;
    const good = await other.holds(ticket.id);
    expect((await other.pay(good.id)).status).toBe(201);
    deliver();
    await paying;
    expect(await healed(market)).toEqual([]);
    expect((await buyer.seesCharge(order.id)).stripeRefundId).not.toBeNull();
    expect((await other.seesCharge(good.id)).stripeRefundId).toBeNull();
    expect(await other.seesOrder(good.id)).toMatchObject({ status: 'completed' });
    expect(await other.seesTicket(ticket.id)).toMatchObject({ status: 'sold', orderId: good.id });
  });
});

describe('an answer of the gateway that is lost', () => {
  it('is found out, and nobody is charged twice', async () => {
    const { market, buyer, order } = await openHeld();
    await using _ = market;
    const paid = await buyer.pay(order.id, 'pm_fairseat_answerLost');
    expect(paid).toMatchObject({ status: 201, body: { status: 'completed' } });
    expect(await healed(market)).toEqual([]);
    expect(await taken(market)).toHaveLength(1);
  });

  it('since the gateway is unavailable leaves no charge open', async () => {
    const { market, buyer, order } = await openHeld();
    await using _ = market;
    const paid = await buyer.pay(order.id, 'pm_fairseat_unavailable');
    expect(paid).toMatchObject({ status: 201, body: { status: 'created' } });
    market.clock.advance(15 * MINUTE_MS);
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesCharge(order.id)).toMatchObject({ status: 'failed' });
    expect(await taken(market)).toEqual([]);
  });
});

describe('a crash', () => {
  it.each([
    ['between the charge saved and the gateway asked', 'before', 'open'],
    ['between the payment opened and its id saved', 'after', 'open'],
    ['before the money is held', 'before', 'confirm'],
    ['between the money held and that saved', 'after', 'confirm'],
    ['before the money is taken', 'before', 'capture'],
    ['between the money taken and that saved', 'after', 'capture'],
  ] as const)('%s loses and doubles no charge', async (_name, moment, asked) => {
    const { market, buyer, gateway, order } = await openHeld();
    await using _ = market;
    const call = gateway.hold(moment, asked);
    void buyer.pay(order.id);
    await call.reached;
    await restart(market);
    call.release();
    const charge = await untilOver(market, buyer, order.id);
    expect(charge).toMatchObject({ status: 'completed', amount: 4990 });
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'completed' });
    expect(await taken(market)).toMatchObject([{ amount: 4990, refundId: null }]);
  });

  it('before an unknown card is refused lets the buyer try another, and fails no sweep', async () => {
    const { market, buyer, gateway, order } = await openHeld({ env: { LOG_LEVEL: 'error' } });
    await using _ = market;
    const call = gateway.hold('before', 'open');
    void buyer.pay(order.id, 'pm_card_unheardOf');
    await call.reached;
    await restart(market);
    call.release();
    market.clock.advance(5000);
    await eventually(
      async () => gateway.count('confirm'),
      (count) => count === 1,
    );
    const paid = await eventually(
      () => buyer.pay(order.id),
      ({ body }) => body.code !== 'payment_in_progress',
    );
    expect(paid).toMatchObject({ status: 201, body: { status: 'completed' } });
    expect(await healed(market)).toEqual([]);
    expect(market.logged.join('')).not.toContain('unknown_payment_method');
  });

  it('while the order runs out voids the charge, or gives the money back', async () => {
    for (const moment of ['before', 'after'] as const) {
      const { market, buyer, gateway, order } = await openHeld();
      await using _ = market;
      const call = gateway.hold(moment, 'confirm');
      void buyer.pay(order.id);
      await call.reached;
      await market.crash();
      market.clock.advance(16 * MINUTE_MS);
      await market.start();
      call.release();
      expect(await healed(market)).toEqual([]);
      expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'cancelled' });
      expect((await taken(market)).filter(({ refundId }) => refundId === null)).toEqual([]);
    }
  });

  it('between making a refund and saving it does not refund twice', async () => {
    const { market, buyer, gateway, order } = await openHeld();
    await using _ = market;
    const paid = gateway.hold('after', 'confirm');
    const paying = buyer.pay(order.id, 'pm_fairseat_takesAtOnce');
    await paid.reached;
    await buyer.cancel(order.id);
    const refund = gateway.hold('after', 'refund');
    paid.release();
    await paying;
    market.clock.advance(1000);
    await refund.reached;
    await restart(market);
    refund.release();
    expect(await healed(market)).toEqual([]);
    expect(gateway.count('refund')).toBe(1);
    const [payment] = await taken(market);
    expect(await buyer.seesCharge(order.id)).toMatchObject({ stripeRefundId: payment?.refundId });
  });
});
