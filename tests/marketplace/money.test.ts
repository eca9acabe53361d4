/** After trades at random, the money at the gateway is the sum of the completed orders, to the last unit. */
import { seeded } from '@fairseat/common/testing';
import { eventually, healed, pastTheEnd } from '@fairseat/test-support/disturbances';
import { type Everything, readEverything } from '@fairseat/test-support/invariants';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { openStripeTrade } from '@fairseat/test-support/stripe-trade';
import { randomTrade } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

const SEEDS = [1, 2, 3, 4];
/** Cards take thousandths of a dinar by tens alone. */
const currencies = [
  ['usd', 1],
  ['jpy', 1],
  ['kwd', 10],
] as const;

const cardsOfStripe = [
  ...['pm_card_visa', 'pm_card_visa', 'pm_card_mastercard', 'pm_card_amex'],
  ...['pm_card_chargeDeclined', 'pm_local_captureExpired', 'pm_card_unheardOf'],
];

const sum = (amounts: number[]) => amounts.reduce((all, amount) => all + amount, 0);

/** What has been taken and kept, and what completed orders cost. */
function books({ orders, gateway }: Everything) {
  const taken = gateway.filter(({ status }) => status === 'succeeded');
  const kept = ({ amount, refundId, refunded = amount }: (typeof gateway)[number]) =>
    amount - (refundId === null ? 0 : refunded);
  const completed = orders.filter(({ status }) => status === 'completed');
  return {
    money: sum(taken.map(kept)),
    sold: sum(completed.map(({ ticket }) => ticket.price)),
    currencies: [...new Set(taken.map(({ currency }) => currency))],
  };
}

describe.each(currencies)('the money in %s', (currency, unit) => {
  const env = { CURRENCY: currency };

  it('at the test gateway is that of the completed orders', async () => {
    let all = 0;
    for (const seed of SEEDS) all += await soldAtTestGateway(seed);
    expect(all).toBeGreaterThan(0);
  });

  async function soldAtTestGateway(seed: number): Promise<number> {
    await using market = await TestMarketplace.open({ env });
    expect(await randomTrade(market, seeded(seed), { unit })).toEqual([]);
    await pastTheEnd(market);
    expect(await healed(market, 120)).toEqual([]);
    // What was taken last may be on its way to its order.
    const { sold, currencies } = await eventually(
      async () => books(await readEverything(market.platform)),
      ({ money, sold }) => money === sold,
    );
    expect(currencies.filter((other) => other !== currency)).toEqual([]);
    return sold;
  }

  it('at the local Stripe is that of the completed orders', async () => {
    let all = 0;
    for (const seed of SEEDS) all += await soldAtLocalStripe(seed);
    expect(all).toBeGreaterThan(0);
  });

  async function soldAtLocalStripe(seed: number): Promise<number> {
    const { market, passing, violations, everything } = await openStripeTrade({ env });
    await using _ = market;
    const options = { unit, tokens: cardsOfStripe };
    expect(await randomTrade(market, seeded(seed), options)).toEqual([]);
    for (const ms of [15 * 60_000, 2000, 58_500]) await passing(ms);
    for (let second = 0; second < 60 && (await violations()).length > 0; second++)
      await passing(1000);
    expect(await violations()).toEqual([]);
    const { sold, currencies } = await eventually(
      async () => books(await everything()),
      ({ money, sold }) => money === sold,
    );
    expect(currencies.filter((other) => other !== currency)).toEqual([]);
    return sold;
  }
});
