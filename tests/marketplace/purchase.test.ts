import { addressOf, type ChargeRecord } from '@fairseat/common/contracts/charge';
import { violations } from '@fairseat/test-support/invariants';
import { type ProblemBody, TestMarketplace } from '@fairseat/test-support/marketplace';
import { describe, expect, it } from 'vitest';

const open = async () => {
  const market = await TestMarketplace.open();
  const [seller, buyer] = await Promise.all([market.person(), market.person()]);
  return { market, seller, buyer };
};

const quiet = async (market: TestMarketplace) => {
  await market.settled();
  expect(await violations(market.platform, market.clock.now())).toEqual([]);
};

describe('a purchase', () => {
  it('goes from listing to sold', async () => {
    const { market, seller, buyer } = await open();
    await using _ = market;
    const ticket = await seller.sells('Front row', 4990);
    const order = await buyer.holds(ticket.id);
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({
      status: 'reserved',
      orderId: order.id,
    });

    const paid = await buyer.pay(order.id);
    expect(paid).toMatchObject({ status: 201, body: { status: 'completed', amount: 4990 } });
    await market.settled();
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'completed' });
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'sold', orderId: order.id });
    await quiet(market);
  });

  it('tells one story in all its events', async () => {
    const { market, seller, buyer } = await open();
    await using _ = market;
    const stories = new Map<string, Set<string>>();
    market.platform.bus.watch(({ type, correlationid }) => {
      stories.set(correlationid, (stories.get(correlationid) ?? new Set()).add(type));
    });
    const ticket = await seller.sells();
    await buyer.order(ticket.id, { 'x-request-id': 'the-story-of-one-hold' });
    await market.settled();
    expect(stories.get('the-story-of-one-hold')).toEqual(
      new Set(['order.created', 'ticket.reserved', 'order.awaiting_payment']),
    );
  });

  it('goes on with the trace of who asked, in every service', async () => {
    const { market, seller, buyer } = await open();
    await using _ = market;
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traces: (string | undefined)[][] = [];
    market.platform.bus.watch(({ traceparent, tracestate }) => {
      if (traceparent.includes(traceId)) traces.push([traceparent.slice(-2), tracestate]);
    });
    const ticket = await seller.sells();
    const headers = { traceparent: `cc-${traceId}-00f067aa0ba902b7-00-x`, tracestate: 'a=1, b=2' };
    await buyer.order(ticket.id, headers);
    await market.settled();
    expect(traces).toEqual(Array.from({ length: 3 }, () => ['00', 'a=1,b=2']));
  });

  it('unlocks the ticket when it is not paid in time', async () => {
    const { market, seller, buyer } = await open();
    await using _ = market;
    const ticket = await seller.sells();
    const order = await buyer.holds(ticket.id);
    market.clock.advance(15 * 60_000);
    await market.settled();
    expect(await buyer.seesOrder(order.id)).toMatchObject({
      status: 'cancelled',
      reason: 'expired',
    });
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'available', orderId: null });
    await quiet(market);
  });

  it('keeps the lock to the last moment', async () => {
    const { market, seller, buyer } = await open();
    await using _ = market;
    const ticket = await seller.sells();
    const order = await buyer.holds(ticket.id);
    market.clock.advance(15 * 60_000 - 5000);
    await market.settled();
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'awaiting_payment' });
    expect((await buyer.pay(order.id)).status).toBe(201);
    await quiet(market);
  });

  it('is cancelled by the buyer, and the ticket can be bought by another', async () => {
    const { market, seller, buyer } = await open();
    await using _ = market;
    const other = await market.person();
    const ticket = await seller.sells();
    const order = await buyer.holds(ticket.id);
    expect((await other.order(ticket.id)).body).toMatchObject({
      status: 409,
      code: 'ticket_reserved',
    });
    expect((await buyer.cancel(order.id)).status).toBe(204);
    expect((await buyer.cancel(order.id)).status).toBe(204);
    await market.settled();
    const second = await other.holds(ticket.id);
    expect((await other.pay(second.id)).status).toBe(201);
    await quiet(market);
  });

  it.each([
    ['pm_card_chargeDeclined', 'card_declined'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
  ])(
    'is cancelled when the card is declined, and the charge tells why (%s)',
    async (token, code) => {
      const { market, seller, buyer } = await open();
      await using _ = market;
      const ticket = await seller.sells();
      const order = await buyer.holds(ticket.id);
      expect((await buyer.pay(order.id, token)).body).toMatchObject({
        status: 402,
        code: 'payment_declined',
      });
      await market.settled();
      expect(await buyer.seesOrder(order.id)).toMatchObject({
        status: 'cancelled',
        reason: 'payment_failed',
      });
      expect(await buyer.seesCharge(order.id)).toMatchObject({
        status: 'failed',
        decline: { code },
      });
      expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'available' });
      await quiet(market);
    },
  );

  it.each([true, false])(
    'asks the buyer to confirm when the card wants it (%s)',
    async (approve) => {
      const { market, seller, buyer } = await open();
      await using _ = market;
      const ticket = await seller.sells();
      const order = await buyer.holds(ticket.id);
      const asked = await buyer.pay(order.id, 'pm_card_authenticationRequired');
      expect(asked).toMatchObject({ status: 201, body: { status: 'created' } });
      expect(await buyer.seesCharge(order.id)).toEqual(asked.body);
      const url = addressOf(asked.body.nextAction);
      expect((await seller.post(url, { approve })).status).toBe(403);
      const answered = await buyer.post<ChargeRecord | ProblemBody>(url, { approve });
      expect(answered.status).toBe(approve ? 200 : 402);
      await market.settled();
      expect((await buyer.seesOrder(order.id)).status).toBe(approve ? 'completed' : 'cancelled');
      await quiet(market);
    },
  );

  it('can try another card instead of confirming', async () => {
    const { market, seller, buyer } = await open();
    await using _ = market;
    const order = await buyer.holds((await seller.sells()).id);
    await buyer.pay(order.id, 'pm_card_authenticationRequired');
    expect((await buyer.pay(order.id, 'pm_card_visa')).body).toMatchObject({ status: 'completed' });
    await quiet(market);
  });

  it('is not spoilt by a payment method that does not exist', async () => {
    const { market, seller, buyer } = await open();
    await using _ = market;
    const order = await buyer.holds((await seller.sells()).id);
    expect((await buyer.pay(order.id, 'pm_card_visaa')).body).toMatchObject({
      status: 400,
      errors: [{ field: 'token' }],
    });
    expect((await buyer.pay(order.id)).status).toBe(201);
    await quiet(market);
  });
});
