/** Purchases on the local Stripe, by the SDK. */
import { eventually, pastTheEnd } from '@fairseat/test-support/disturbances';
import { openStripeTrade } from '@fairseat/test-support/stripe-trade';
import { describe, expect, it } from 'vitest';

type Trade = Awaited<ReturnType<typeof openStripeTrade>>;

/** The order is completed by the message of Stripe, at once: no time passes, so that nobody looks after what is open. */
const completed = ({ buyer }: Trade, orderId: string) =>
  eventually(
    () => buyer.seesOrder(orderId),
    ({ status }) => status === 'completed',
  );

describe('a card at Stripe', () => {
  it('is charged the price, once, for the order that it names', async () => {
    const trade = await openStripeTrade();
    await using _ = trade.market;
    const { buyer, ticket } = trade;
    const order = await buyer.holds(ticket.id);
    const { status, body } = await buyer.pay(order.id, await trade.token('pm_card_visa'));
    expect({ status, charge: body.status }).toEqual({ status: 201, charge: 'completed' });
    expect(await trade.atStripe(body.stripeId)).toMatchObject({
      intent: { status: 'succeeded', amount: 4990, metadata: { orderId: order.id } },
      taken: [4990],
    });
  });

  it('is confirmed at the bank, and the message of Stripe completes the order', async () => {
    const trade = await openStripeTrade();
    await using _ = trade.market;
    const order = await trade.buyer.holds(trade.ticket.id);
    const asked = await trade.buyer.pay(order.id, 'pm_card_authenticationRequired');
    expect(asked.body).toMatchObject({ status: 'created', nextAction: { type: 'redirect' } });
    const back = await trade.answerBank(asked.body.stripeId, 'approve');
    expect(back.headers['location']).toContain(`http://127.0.0.1:3000/orders/${order.id}?`);
    await completed(trade, order.id);
    expect((await trade.atStripe(asked.body.stripeId)).taken).toEqual([4990]);
  });

  it('that is refused at the bank is told of by the message of Stripe', async () => {
    const trade = await openStripeTrade();
    await using _ = trade.market;
    const order = await trade.buyer.holds(trade.ticket.id);
    const asked = await trade.buyer.pay(order.id, 'pm_card_authenticationRequired');
    await trade.answerBank(asked.body.stripeId, 'refuse');
    const charge = await eventually(
      () => trade.buyer.seesCharge(order.id),
      ({ status }) => status === 'failed',
    );
    expect(charge.decline).toEqual({
      code: 'payment_intent_authentication_failure',
      message: 'The payment was not confirmed.',
    });
    expect((await trade.atStripe(charge.stripeId)).intent?.status).toBe('canceled');
  });

  it('that is declined cannot be charged any more, and its buyer hears why', async () => {
    const trade = await openStripeTrade();
    await using _ = trade.market;
    const order = await trade.buyer.holds(trade.ticket.id);
    const token = await trade.token('pm_card_chargeDeclinedInsufficientFunds');
    const { status, body } = await trade.buyer.pay(order.id, token);
    expect({ status, detail: body.detail }).toEqual({
      status: 402,
      detail: 'Your card has insufficient funds. The order is cancelled; you were not charged.',
    });
    const { stripeId } = await trade.buyer.seesCharge(order.id);
    expect(await trade.atStripe(stripeId)).toMatchObject({ intent: { status: 'canceled' } });
  });

  it('is asked for again when its token is unknown or used', async () => {
    const trade = await openStripeTrade();
    await using _ = trade.market;
    const { buyer, seller, ticket } = trade;
    const used = await trade.token('pm_card_visa');
    await buyer.pay((await buyer.holds(ticket.id)).id, used);
    const order = await buyer.holds((await seller.sells()).id);
    for (const token of [used, 'ctoken_unknown', 'tok_visa']) {
      expect(await buyer.pay(order.id, token)).toMatchObject({
        status: 400,
        body: { code: 'unknown_payment_method', detail: 'Enter the card again.' },
      });
    }
    expect((await buyer.pay(order.id, await trade.token('pm_card_visa'))).status).toBe(201);
  });
});

describe('a bank redirect', () => {
  it('takes the money at once, and completes the order', async () => {
    const trade = await openStripeTrade({ env: { CURRENCY: 'eur' } });
    await using _ = trade.market;
    const order = await trade.buyer.holds(trade.ticket.id);
    const asked = await trade.buyer.pay(order.id, await trade.token('pm_local_ideal'));
    const { nextAction, stripeId } = asked.body;
    expect(nextAction?.type).toBe('stripe');
    await trade.answerBank(stripeId, 'approve');
    await completed(trade, order.id);
    expect((await trade.atStripe(stripeId)).taken).toEqual([4990]);
  });
});

describe('a price that Stripe does not take', () => {
  it('is told to the buyer, and the order ends as any that is not paid', async () => {
    const trade = await openStripeTrade();
    await using _ = trade.market;
    const { buyer, seller, market } = trade;
    const order = await buyer.holds((await seller.sells('A cheap seat', 1)).id);
    for (const token of ['pm_card_visa', 'pm_card_mastercard']) {
      expect(await buyer.pay(order.id, token)).toMatchObject({
        ...{ status: 400, body: { code: 'price_not_payable' } },
      });
    }
    await pastTheEnd(market);
    expect((await buyer.seesOrder(order.id)).status).toBe('cancelled');
    expect(await buyer.seesCharge(order.id)).toMatchObject({ status: 'failed', stripeId: null });
    expect(market.errors).toEqual([]);
  });
});

describe('what must stay secret', () => {
  it('is in no line of the log, no event and no problem', async () => {
    const trade = await openStripeTrade({ env: { LOG_LEVEL: 'trace' } });
    await using _ = trade.market;
    const { market, buyer, seller, secrets } = trade;
    const told: string[] = [];
    market.platform.bus.watch((event) => told.push(JSON.stringify(event)));
    const tokens: string[] = [];
    for (const card of ['visa', 'chargeDeclined', 'authenticationRequired', 'refundFail']) {
      const token = await trade.token(`pm_card_${card}`);
      tokens.push(token);
      const order = await buyer.holds((await seller.sells()).id);
      const { body, status } = await buyer.pay(order.id, token);
      const again = await buyer.pay(order.id, 'tok_visa');
      // What a buyer's own script needs is in no problem.
      if (status >= 400) told.push(JSON.stringify(body));
      if (again.status >= 400) told.push(JSON.stringify(again.body));
      if (body.nextAction) {
        const back = await trade.answerBank(body.stripeId, 'approve');
        await buyer.get(String(back.headers['location']).replace('http://127.0.0.1:3000', ''));
        await completed(trade, order.id);
      }
    }
    await market.settled();
    expect(market.logged.length).toBeGreaterThan(20);
    const isSecret = (line: string) =>
      [...secrets, ...tokens].some((secret) => line.includes(secret)) ||
      /pi_\w+_secret_\w|"(number|cvc|exp_month|last4)"/.test(line);
    expect([...market.logged, ...told].filter(isSecret)).toEqual([]);
  });
});
