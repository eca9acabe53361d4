import { healed, passing, pastTheEnd } from '@fairseat/test-support/disturbances';
import { openStripeTrade } from '@fairseat/test-support/stripe-trade';
import { openTrade, taken } from '@fairseat/test-support/trade';
import { expect, it } from 'vitest';

const ASKS = 'pm_card_authenticationRequired';

it('a question of the bank that nobody answers ends with the time to pay', async () => {
  const { market, buyer, ticket } = await openTrade();
  await using _ = market;
  const order = await buyer.holds(ticket.id);
  expect((await buyer.pay(order.id, ASKS)).body).toMatchObject({ nextAction: { type: 'confirm' } });
  await pastTheEnd(market);
  expect(await healed(market)).toEqual([]);
  expect(await buyer.seesOrder(order.id)).toMatchObject({ status: 'cancelled', reason: 'expired' });
  expect(await buyer.seesCharge(order.id)).toMatchObject({ status: 'failed' });
  expect(await taken(market)).toEqual([]);
});

it('an answer to the bank after that is too late at Stripe, and holds nothing', async () => {
  const trade = await openStripeTrade();
  const { market, buyer, ticket } = trade;
  await using _ = market;
  const order = await buyer.holds(ticket.id);
  const { body } = await buyer.pay(order.id, ASKS);
  for (const ms of [15 * 60_000, 2000, 60_000]) await trade.passing(ms);
  await trade.answerBank(body.stripeId, 'approve');
  await passing(market, 60_000);
  const { intent, taken: captured } = await trade.atStripe(body.stripeId);
  expect([intent?.status, captured]).toEqual(['canceled', []]);
  expect(await trade.violations()).toEqual([]);
  expect((await buyer.seesTicket(ticket.id)).status).toBe('available');
});
