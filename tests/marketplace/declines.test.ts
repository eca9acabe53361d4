/** What follows a declined card: the end of the order, or, where that is set, another card while the ticket is held. */
import { addressOf } from '@fairseat/common/contracts/charge';
import { seeded } from '@fairseat/common/testing';
import { eventually, healed, passing, pastTheEnd } from '@fairseat/test-support/disturbances';
import { readEverything } from '@fairseat/test-support/invariants';
import type { ProblemBody, Reply, TestMarketplace } from '@fairseat/test-support/marketplace';
import { openHeld, randomTrade, restart, taken } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

const DECLINED = 'pm_card_chargeDeclined';
const POOR = 'pm_card_chargeDeclinedInsufficientFunds';
const ASKS = 'pm_card_authenticationRequired';

const open = (env: Record<string, string> = {}) => openHeld({ env: { DECLINE: 'retry', ...env } });

const atGateway = async ({ platform }: TestMarketplace) =>
  (await readEverything(platform)).gateway.map(({ status }) => status);

function expectDeclined(reply: Reply<unknown>, mayRetry: boolean, detail: string) {
  const { status, body } = reply as Reply<ProblemBody>;
  expect([status, body.code, body.mayRetry]).toEqual([402, 'payment_declined', mayRetry]);
  expect(body.detail).toContain(detail);
  expect(body.detail).toContain('not charged');
}

describe('a declined card, unless something else is set,', () => {
  it('ends the order, and the answer says so', async () => {
    const { market, buyer, order, ticket } = await openHeld();
    await using _ = market;
    expectDeclined(await buyer.pay(order.id, DECLINED), false, 'The order is cancelled');
    await market.settled();
    expect(await buyer.seesOrder(order.id)).toMatchObject({ reason: 'payment_failed' });
    expect((await buyer.seesTicket(ticket.id)).status).toBe('available');
    expect(await atGateway(market)).toEqual(['cancelled']);
  });
});

describe('where other cards may be tried, a declined card', () => {
  it('leaves the ticket held and the payment open, and the next one pays', async () => {
    const { market, buyer, order, ticket } = await open();
    await using _ = market;
    expectDeclined(await buyer.pay(order.id, POOR), true, 'insufficient funds');
    await market.settled();
    expect((await buyer.seesTicket(ticket.id)).status).toBe('reserved');
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'awaiting_payment' });
    expect(await buyer.seesCharge(order.id)).toMatchObject({
      status: 'created',
      declines: 1,
      decline: { code: 'insufficient_funds' },
    });
    expect(await atGateway(market)).toEqual(['unconfirmed']);
    const paid = await buyer.pay(order.id);
    expect(paid).toMatchObject({ status: 201, body: { status: 'completed', decline: null } });
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'completed' });
    expect(await taken(market)).toHaveLength(1);
  });

  it('ends the order when it is the last one, whatever each was declined for', async () => {
    const { market, buyer, order } = await open({ DECLINES_PER_ORDER: '3' });
    await using _ = market;
    expectDeclined(await buyer.pay(order.id, DECLINED), true, 'try another card');
    const asked = await buyer.pay(order.id, ASKS);
    expect(asked).toMatchObject({ status: 201, body: { decline: null } });
    const refused = await buyer.post(addressOf(asked.body.nextAction), { approve: false });
    expectDeclined(refused, true, 'was not confirmed');
    expectDeclined(await buyer.pay(order.id, DECLINED), false, 'The order is cancelled');
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesOrder(order.id)).toMatchObject({ reason: 'payment_failed' });
    expect(await buyer.seesCharge(order.id)).toMatchObject({ status: 'failed', declines: 2 });
    expect(await atGateway(market)).toEqual(['cancelled']);
    expect((await buyer.pay(order.id)).body).toMatchObject({ code: 'not_awaiting_payment' });
  });

  it('is asked again when it is tried again', async () => {
    const { market, buyer, order, gateway } = await open();
    await using _ = market;
    for (let n = 0; n < 2; n++) {
      expectDeclined(await buyer.pay(order.id, DECLINED), true, 'try another card');
    }
    const keys = gateway.argsOf('confirm').map(([, , key]) => key);
    expect(new Set(keys).size).toBe(2);
    expect(await buyer.seesCharge(order.id)).toMatchObject({ declines: 2 });
  });

  it('counts once, however often its request is sent and the gateway asked', async () => {
    const { market, buyer, order } = await open();
    await using _ = market;
    const key = { 'idempotency-key': 'one' };
    for (let n = 0; n < 3; n++) {
      expectDeclined(await buyer.pay(order.id, DECLINED, key), true, 'try another card');
      expectDeclined(await buyer.post(`/api/payments/${order.id}/settle`, {}), true, 'try another');
      await passing(market, 70_000);
    }
    expect(await buyer.seesCharge(order.id)).toMatchObject({ status: 'created', declines: 1 });
  });

  it('counts once where it is seen twice', async () => {
    const { market, buyer, order, gateway } = await open();
    await using _ = market;
    const answer = gateway.hold('after', 'confirm');
    const paying = buyer.pay(order.id, DECLINED);
    await answer.reached;
    await passing(market, 6000);
    answer.release();
    expectDeclined(await paying, true, 'try another card');
    expect(await buyer.seesCharge(order.id)).toMatchObject({ status: 'created', declines: 1 });
  });

  it('is not charged when the time is over, nor when the ticket is let go', async () => {
    const { market, buyer, order, ticket } = await open();
    await using _ = market;
    await buyer.pay(order.id, DECLINED);
    await pastTheEnd(market);
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesOrder(order.id)).toMatchObject({ reason: 'expired' });
    expect(await buyer.seesCharge(order.id)).toMatchObject({ status: 'failed' });
    const again = await buyer.holds(ticket.id);
    await buyer.pay(again.id, DECLINED);
    await buyer.cancel(again.id);
    await passing(market, 2000);
    expect(await buyer.seesOrder(again.id)).toMatchObject({ reason: 'buyer' });
    await eventually(
      () => atGateway(market),
      (all) => all.every((status) => status === 'cancelled'),
    );
  });

  it('ends at once where the order has ended meanwhile', async () => {
    const { market, buyer, order, gateway } = await open();
    await using _ = market;
    const answer = gateway.hold('after', 'confirm');
    const paying = buyer.pay(order.id, DECLINED);
    await answer.reached;
    await buyer.cancel(order.id);
    await market.settled();
    answer.release();
    expectDeclined(await paying, false, 'The order is cancelled');
    expect(await healed(market)).toEqual([]);
    expect(await atGateway(market)).toEqual(['cancelled']);
  });
});

describe('the next card', () => {
  it('is not taken for declined because the one before was, when its call is lost', async () => {
    const { market, buyer, order, gateway } = await open();
    await using _ = market;
    await buyer.pay(order.id, DECLINED);
    gateway.lose('before', 'confirm');
    expect(await buyer.pay(order.id)).toMatchObject({ status: 201, body: { status: 'created' } });
    // After seconds the card is asked again, and seconds after orders has decided its money is taken.
    for (const ms of [6000, 6000]) await passing(market, ms);
    await eventually(
      () => buyer.seesOrder(order.id),
      ({ status }) => status === 'completed',
    );
    expect(await taken(market)).toHaveLength(1);
  });

  it('is found to be declined when its answer is lost', async () => {
    const { market, buyer, order, gateway } = await open();
    await using _ = market;
    await buyer.pay(order.id, DECLINED);
    gateway.lose('after', 'confirm');
    expect(await buyer.pay(order.id, POOR)).toMatchObject({ status: 201 });
    await passing(market, 6000);
    expect(await buyer.seesCharge(order.id)).toMatchObject({
      status: 'created',
      declines: 2,
      decline: { code: 'insufficient_funds' },
    });
    expectDeclined(await buyer.pay(order.id, DECLINED), false, 'The order is cancelled');
  });

  it('is not taken for declined by a late answer to the one before', async () => {
    const { market, buyer, order, gateway } = await open();
    await using _ = market;
    const late = gateway.hold('after', 'confirm');
    const first = buyer.pay(order.id, DECLINED);
    await late.reached;
    await passing(market, 6000);
    expect(await buyer.seesCharge(order.id)).toMatchObject({ declines: 1 });
    const next = gateway.hold('before', 'confirm');
    const second = buyer.pay(order.id);
    await next.reached;
    late.release();
    // What the first request is told is how things stand.
    expect((await first).status).toBe(201);
    next.release();
    expect(await second).toMatchObject({ status: 201, body: { status: 'completed' } });
    expect(await healed(market)).toEqual([]);
    expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'completed' });
  });

  it('goes on after a restart', async () => {
    const { market, buyer, order, gateway } = await open();
    await using _ = market;
    await buyer.pay(order.id, DECLINED);
    await restart(market);
    const call = gateway.hold('before', 'confirm');
    const paying = buyer.pay(order.id);
    await call.reached;
    await restart(market);
    call.release();
    await paying.catch(() => {});
    const order2 = await eventually(
      async () => {
        await passing(market, 5000);
        return buyer.seesOrder(order.id);
      },
      ({ status }) => status === 'completed',
    );
    expect(order2.status).toBe('completed');
    expect(await taken(market)).toHaveLength(1);
  });
});

it.each([1, 2, 3, 4, 5, 6])(
  'trade at random with other cards breaks nothing (%i)',
  async (seed) => {
    const { market } = await open();
    await using _ = market;
    expect(await randomTrade(market, seeded(seed))).toEqual([]);
    await pastTheEnd(market);
    expect(await healed(market, 120)).toEqual([]);
  },
);
