/** What becomes of money after it was taken: refunds that are on their way, come back, or were made by an operator; disputes. */
import type { AnyEvent } from '@fairseat/common/events';
import { eventually, healed, passing } from '@fairseat/test-support/disturbances';
import type { TestMarketplace } from '@fairseat/test-support/marketplace';
import { openStripeTrade } from '@fairseat/test-support/stripe-trade';
import { openHeld } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** The events about charges from now on, by type. */
function chargeEvents(market: TestMarketplace) {
  const said: AnyEvent[] = [];
  market.platform.bus.watch((event) => {
    const isNew = said.every(({ id }) => id !== event.id);
    if (event.type.startsWith('charge.') && isNew) said.push(event);
  });
  return () => said.map(({ type }) => type);
}

const env = { LOG_LEVEL: 'error' };

/** An order that was cancelled while its money was being taken at once. */
async function refundedWith(token: string) {
  const trade = await openHeld({ env });
  const { market, buyer, gateway, order } = trade;
  const said = chargeEvents(market);
  const late = gateway.hold('after', 'confirm');
  const paying = buyer.pay(order.id, token);
  await late.reached;
  await buyer.cancel(order.id);
  late.release();
  await paying;
  expect(await healed(market)).toEqual([]);
  return { ...trade, said };
}

const troublesOf = async (market: TestMarketplace) => {
  const { body } = await market.app.inject({ url: '/metrics' });
  return body.split('\n').filter((line) => line.startsWith('fairseat_troubles_total'));
};

describe('a refund', () => {
  it('that is on its way is said to be, until it has arrived', async () => {
    const { market, buyer, order, said } = await refundedWith('pm_fairseat_refundPending');
    await using _ = market;
    const { stripeRefundId, refund } = await buyer.seesCharge(order.id);
    expect(refund).toEqual({ id: stripeRefundId, status: 'pending', amount: 4990 });
    await passing(market, HOUR_MS);
    const arrived = await eventually(
      () => buyer.seesCharge(order.id),
      ({ refund: is }) => is?.status !== 'pending',
    );
    expect(arrived.refund).toEqual({ id: stripeRefundId, status: 'succeeded', amount: 4990 });
    expect(said()).toEqual(['charge.completed', 'charge.refunded', 'charge.refunded']);
    expect(await troublesOf(market)).toEqual([]);
  });

  it('that comes back later is seen, told to buyer and operator, and not made again', async () => {
    const { market, buyer, order, said, gateway } = await refundedWith('pm_fairseat_refundFails');
    await using _ = market;
    const before = await buyer.seesCharge(order.id);
    expect(before.refund).toMatchObject({ status: 'succeeded' });
    await passing(market, DAY_MS);
    const after = await eventually(
      () => buyer.seesCharge(order.id),
      ({ refund }) => refund?.status === 'failed',
    );
    expect(after).toMatchObject({ status: 'completed', stripeRefundId: before.stripeRefundId });
    for (let day = 0; day < 40; day++) await passing(market, DAY_MS);
    expect(gateway.count('refund')).toBe(1);
    expect(said()).toEqual(['charge.completed', 'charge.refunded', 'charge.refund_failed']);
    expect(market.logged.filter((line) => line.includes('a refund came back'))).toHaveLength(1);
    expect(await troublesOf(market)).toEqual([
      'fairseat_troubles_total{service="payments",kind="charge.refund_failed"} 1',
    ]);
  });

  it('that has arrived is looked at no more after a month', async () => {
    const { market, gateway } = await refundedWith('pm_fairseat_takesAtOnce');
    await using _ = market;
    // A few days more: on real servers the last look may still be under way.
    for (let day = 0; day < 36; day++) await passing(market, DAY_MS);
    const looks = gateway.count('find');
    expect(looks).toBeGreaterThan(20);
    for (let day = 0; day < 10; day++) await passing(market, DAY_MS);
    expect(gateway.count('find')).toBe(looks);
  });
});

/** A paid order on a local Stripe. */
async function paidAtStripe(token: string) {
  const local = await openStripeTrade({ env });
  const { market, buyer, ticket } = local;
  const order = await buyer.holds(ticket.id);
  const said = chargeEvents(market);
  const { body } = await buyer.pay(order.id, token);
  await market.settled();
  expect(body).toMatchObject({ status: 'completed' });
  const payment_intent = `${body.stripeId}`;
  const charge = () => buyer.seesCharge(order.id);
  return { ...local, order, said, payment_intent, charge };
}

describe('on Stripe', () => {
  it.each([true, false])(
    'a refund from the dashboard that fails later is told (webhooks: %s)',
    async (hasWebhooks) => {
      const paid = await paidAtStripe('pm_card_refundFail');
      await using market = paid.market;
      const { payment_intent, charge, said, order } = paid;
      const id = await paid.dashboard('/v1/refunds', { payment_intent });
      await paid.passing(0);
      expect(await charge()).toMatchObject({
        ...{ status: 'completed', stripeRefundId: id },
        refund: { id, status: 'succeeded', amount: 4990 },
      });
      paid.deafen(!hasWebhooks);
      await paid.passing(hasWebhooks ? 10_000 : DAY_MS);
      await eventually(charge, ({ refund }) => refund?.status === 'failed');
      expect(said().slice(-2)).toEqual(['charge.refunded', 'charge.refund_failed']);
      expect(market.logged.filter((line) => line.includes('a refund came back'))).toHaveLength(1);
      expect(await paid.buyer.seesOrder(order.id)).toMatchObject({ status: 'completed' });
    },
  );

  it('parts that an operator gives back are told, and leave the order', async () => {
    const paid = await paidAtStripe('pm_card_visa');
    await using _ = paid.market;
    const { payment_intent, charge } = paid;
    await paid.dashboard('/v1/refunds', { payment_intent, amount: '90' });
    await paid.passing(0);
    expect(await charge()).toMatchObject({ stripeRefundId: null, refund: { amount: 90 } });
    const id = await paid.dashboard('/v1/refunds', { payment_intent });
    await paid.passing(0);
    const refund = { id, status: 'succeeded', amount: 4990 };
    expect(await charge()).toMatchObject({ status: 'completed', stripeRefundId: id, refund });
    expect(await paid.buyer.seesOrder(paid.order.id)).toMatchObject({ status: 'completed' });
    expect(await troublesOf(paid.market)).toEqual([]);
  });

  it.each([
    ['winning_evidence', 'won'],
    ['losing_evidence', 'lost'],
  ])('a dispute with %s is told when it opens, and that it is %s', async (evidence, verdict) => {
    const paid = await paidAtStripe('pm_card_createDispute');
    await using market = paid.market;
    const { charge, said } = paid;
    await paid.passing(10_000);
    const { dispute } = await eventually(charge, (seen) => seen.dispute !== undefined);
    expect(dispute).toMatchObject({ status: 'open', amount: 4990, reason: 'fraudulent' });
    await paid.dashboard(`/v1/disputes/${dispute?.id}`, {
      'evidence[uncategorized_text]': evidence,
    });
    await paid.passing(0);
    expect((await charge()).dispute).toMatchObject({ id: dispute?.id, status: verdict });
    expect(said().slice(-2)).toEqual(['charge.disputed', 'charge.dispute_closed']);
    expect(market.logged.filter((line) => line.includes('asks their bank'))).toHaveLength(1);
    expect(await troublesOf(market)).toEqual([
      'fairseat_troubles_total{service="payments",kind="charge.disputed"} 1',
    ]);
  });
});
