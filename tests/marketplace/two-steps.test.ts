/** Money is held when a buyer pays, and taken when the ticket is theirs: nobody is debited for a ticket they do not get. */
import { addressOf } from '@fairseat/common/contracts/charge';
import { eventually, healed, losing, passing } from '@fairseat/test-support/disturbances';
import { readEverything } from '@fairseat/test-support/invariants';
import type { TestMarketplace, Visitor } from '@fairseat/test-support/marketplace';
import { openHeld, openTrade, restart, taken, untilOver } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WEEK_MS = 7 * 24 * HOUR_MS;

const atGateway = async ({ platform }: TestMarketplace) =>
  (await readEverything(platform)).gateway.map(({ status }) => status);

describe('a buyer whose money is held', () => {
  it('has the ticket before the money moves, whatever they and the clock do then', async () => {
    const { market, buyer, order, ticket, gateway } = await openHeld();
    await using _ = market;
    const capture = gateway.hold('before', 'capture');
    const paying = buyer.pay(order.id);
    await capture.reached;
    const secured = await buyer.seesOrder(order.id);
    expect(secured).toMatchObject({ status: 'awaiting_payment', securedAt: expect.any(String) });
    expect(await buyer.seesCharge(order.id)).toMatchObject({
      status: 'created',
      authorizedAt: expect.any(String),
    });
    expect(await taken(market)).toEqual([]);
    expect((await buyer.cancel(order.id)).body).toMatchObject({ status: 409, code: 'order_paid' });
    expect((await buyer.pay(order.id)).body).toMatchObject({ code: 'payment_in_progress' });
    await passing(market, 15 * MINUTE_MS);
    await passing(market, 2000);
    // Who looks after what is left open has taken it by now.
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'completed' });
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'sold', orderId: order.id });
    capture.release();
    expect(await paying).toMatchObject({ status: 201, body: { status: 'completed' } });
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'completed' });
    expect(await taken(market)).toHaveLength(1);
  });

  it('has it when their bank has asked them, too', async () => {
    const { market, buyer, order } = await openHeld();
    await using _ = market;
    const asked = await buyer.pay(order.id, 'pm_card_authenticationRequired');
    const answer = await buyer.post(addressOf(asked.body.nextAction), { approve: true });
    expect(answer).toMatchObject({ status: 200, body: { status: 'completed' } });
    await market.settled();
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'completed' });
    expect(await healed(market)).toEqual([]);
  });

  it('may hold another ticket, since this one is theirs', async () => {
    const { market, seller, buyer, order, gateway } = await openHeld({
      env: { RATE_LIMITS: 'on', MAX_HOLDS: '1' },
    });
    await using _ = market;
    const another = await seller.sells();
    expect((await buyer.order(another.id)).body).toMatchObject({ code: 'too_many_holds' });
    const capture = gateway.hold('before', 'capture');
    const paying = buyer.pay(order.id);
    await capture.reached;
    await buyer.holds(another.id);
    capture.release();
    expect((await paying).status).toBe(201);
    expect(await healed(market)).toEqual([]);
  });
});

describe('a buyer who loses the race', () => {
  it.each([
    [
      'against themselves',
      (trade: { buyer: Visitor; order: { id: string } }) => trade.buyer.cancel(trade.order.id),
    ],
    [
      'against the clock',
      (trade: { market: TestMarketplace }) => passing(trade.market, 15 * MINUTE_MS),
    ],
  ])('%s is never debited', async (_name, end) => {
    const trade = await openHeld();
    const { market, buyer, order, ticket, gateway } = trade;
    await using _ = market;
    const answer = gateway.hold('after', 'confirm');
    const paying = buyer.pay(order.id);
    await answer.reached;
    await end(trade);
    await market.settled();
    answer.release();
    expect(await paying).toMatchObject({ status: 402, body: { code: 'payment_declined' } });
    expect(await healed(market)).toEqual([]);
    expect(await atGateway(market)).toEqual(['cancelled']);
    expect(await buyer.seesCharge(order.id)).toMatchObject({
      status: 'failed',
      stripeRefundId: null,
    });
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'available' });
    expect([gateway.count('capture'), gateway.count('refund')]).toEqual([0, 0]);
  });
});

describe('a capture', () => {
  it('that is refused for good gives back what was held, and frees the ticket', async () => {
    const { market, buyer, order, ticket } = await openHeld();
    await using _ = market;
    const paid = await buyer.pay(order.id, 'pm_fairseat_captureRefused');
    expect(paid).toMatchObject({ status: 402, body: { code: 'payment_declined' } });
    await market.settled();
    expect(await atGateway(market)).toEqual(['cancelled']);
    expect(await buyer.seesOrder(order.id)).toMatchObject({
      status: 'cancelled',
      reason: 'payment_failed',
    });
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'available' });
    expect(await healed(market)).toEqual([]);
  });

  it.each(['before', 'after'] as const)(
    'that is lost %s the gateway acts is found out, and not done twice',
    async (moment) => {
      const { market, buyer, order, gateway } = await openHeld();
      await using _ = market;
      gateway.lose(moment, 'capture');
      const paid = await buyer.pay(order.id);
      const status = moment === 'after' ? 'completed' : 'created';
      expect(paid).toMatchObject({ status: 201, body: { status } });
      expect(await untilOver(market, buyer, order.id)).toMatchObject({ status: 'completed' });
      expect(await healed(market)).toEqual([]);
      const keys = gateway.argsOf('capture').map(([, key]) => key);
      expect(new Set(keys)).toEqual(new Set([`${paid.body.id}:capture`]));
      expect(await taken(market)).toHaveLength(1);
    },
  );

  it('that nobody waits for any more is made by the reconciler', async () => {
    const { market, buyer, order, gateway } = await openHeld();
    await using _ = market;
    const answer = gateway.hold('after', 'confirm');
    void buyer.pay(order.id);
    await answer.reached;
    await restart(market);
    answer.release();
    expect(await untilOver(market, buyer, order.id)).toMatchObject({ status: 'completed' });
    expect(await healed(market)).toEqual([]);
  });
});

describe('a method that cannot be held', () => {
  it('takes the money at once, which completes the order', async () => {
    const { market, buyer, order, gateway } = await openHeld();
    await using _ = market;
    const paid = await buyer.pay(order.id, 'pm_fairseat_takesAtOnce');
    expect(paid).toMatchObject({ status: 201, body: { status: 'completed' } });
    await market.settled();
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'completed' });
    expect(gateway.count('capture')).toBe(0);
    expect(await healed(market)).toEqual([]);
  });

  it('is waited for while its money is on its way', async () => {
    const { market, buyer, order } = await openHeld();
    await using _ = market;
    const paid = await buyer.pay(order.id, 'pm_fairseat_processing');
    expect(paid).toMatchObject({ status: 201, body: { status: 'created' } });
    await passing(market, MINUTE_MS);
    expect(await untilOver(market, buyer, order.id)).toMatchObject({ status: 'completed' });
    await market.settled();
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'completed' });
    expect(await healed(market)).toEqual([]);
  });

  it('is not cancelled on its way, but refunded once when it comes too late', async () => {
    const { market, buyer, order, gateway } = await openHeld();
    await using _ = market;
    await passing(market, 14 * MINUTE_MS + 30_000);
    await buyer.pay(order.id, 'pm_fairseat_processing');
    await passing(market, 31_000);
    await passing(market, 2000);
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'cancelled' });
    expect(await atGateway(market)).toEqual(['processing']);
    await passing(market, MINUTE_MS);
    expect(await untilOver(market, buyer, order.id)).toMatchObject({ status: 'completed' });
    expect(await healed(market)).toEqual([]);
    expect([gateway.count('cancel'), gateway.count('refund')]).toEqual([0, 1]);
  });
});

describe('a word that is lost', () => {
  it.each([
    ['orders', 'charge.authorized'],
    ['payments', 'order.secured'],
    ['orders', 'charge.completed'],
  ] as const)('on its way to %s (%s) is said again within a minute', async (group, type) => {
    const { market, buyer, ticket } = await openTrade(losing(group, type, 1));
    await using _ = market;
    const order = await buyer.holds(ticket.id);
    const paid = await market.hurried(buyer.pay(order.id));
    expect(paid).toMatchObject({ status: 201, body: { authorizedAt: expect.any(String) } });
    await passing(market, MINUTE_MS + 1000);
    await passing(market, 6000);
    await eventually(
      () => buyer.seesOrder(order.id),
      ({ status }) => status === 'completed',
    );
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'sold' });
  });

  it('for ever is told to an operator after an hour, and ends before the gateway lets go', async () => {
    const { market, buyer, ticket } = await openTrade(losing('payments', 'order.secured'), {
      env: { LOG_LEVEL: 'error' },
    });
    await using _ = market;
    const order = await buyer.holds(ticket.id);
    await market.hurried(buyer.pay(order.id));
    await passing(market, HOUR_MS - MINUTE_MS);
    expect(market.logged.join('')).not.toContain('is not taken');
    await passing(market, 2 * MINUTE_MS);
    expect(market.logged.join('')).toContain('the money for a secured order is not taken');
    await passing(market, WEEK_MS - 3 * HOUR_MS);
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'awaiting_payment' });
    await passing(market, HOUR_MS);
    await passing(market, MINUTE_MS);
    expect(await buyer.seesCharge(order.id)).toMatchObject({ status: 'failed' });
    expect(await atGateway(market)).toEqual(['cancelled']);
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ status: 'available' });
  });
});
