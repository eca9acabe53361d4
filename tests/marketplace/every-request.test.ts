/**
 * One payment by Stripe's SDK on the local Stripe, where each of its requests meets each mishap, or the process dies at it;
 * meanwhile nothing happens, or the buyer cancels, or the time to pay runs out; and webhooks arrive or are lost. In the end the order is
 * paid and completed, or nobody was charged.
 */
import { passing } from '@fairseat/test-support/disturbances';
import { othersTurn } from '@fairseat/test-support/marketplace';
import { openStripeTrade } from '@fairseat/test-support/stripe-trade';
import { restart } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

const PRICE = 4990;
const AT_ONCE = 2;
const PAID = `completed, paid ${PRICE}`;
const NOT_CHARGED = 'cancelled, not charged';

type Weather = NonNullable<Parameters<typeof openStripeTrade>[1]>;
type Fate = ReturnType<Weather['request']>;
type Market = Awaited<ReturnType<typeof openMarket>>;

const fates: (Fate | 'the process dies')[] = [
  ...(['fair', 'too_many', 'broken_before', 'broken_after', 'cut_before', 'cut_after'] as const),
  ...(['silent_before', 'silent_after', 'the process dies'] as const),
];
const meanwhiles: Record<string, (market: Market, orderId: string) => unknown> = {
  nothing: () => {},
  'the buyer cancels': ({ buyer }, orderId) => buyer.cancel(orderId),
  'the time runs out': ({ market }) => market.clock.advance(15 * 60_000),
};

/** One request is stopped when it comes, and then meets its fate. */
class Sky {
  requests: string[] = [];
  #at = Number.POSITIVE_INFINITY;
  #fate: Fate = 'fair';
  #reached = Promise.withResolvers<void>();
  webhooks = true;

  from(at: number, fate: Fate, webhooks: boolean): Promise<void> {
    this.requests = [];
    [this.#at, this.#fate, this.webhooks] = [at, fate, webhooks];
    this.#reached = Promise.withResolvers();
    return this.#reached.promise;
  }

  weather: Weather = {
    request: (method, path) => {
      this.requests.push(`${method} ${path.replaceAll(/pi_\w+/g, 'pi').split('?')[0]}`);
      if (this.requests.length - 1 !== this.#at) return 'fair';
      this.#reached.resolve();
      return this.#fate;
    },
    webhook: () => (this.webhooks ? [0] : []),
  };
}

async function openMarket() {
  const sky = new Sky();
  return { sky, ...(await openStripeTrade({}, sky.weather)) };
}

interface Case {
  at: number;
  fate: (typeof fates)[number];
  meanwhile: string;
  webhooks: boolean;
}

/** Pays for another ticket. Returns all requests, and what has become of the order and its money. */
async function pay(opened: Market, { at, fate, meanwhile, webhooks }: Case) {
  const { sky, market, seller, buyer } = opened;
  const { id: orderId } = await buyer.holds((await seller.sells()).id);
  await market.settled();
  const dies = fate === 'the process dies';
  const reached = sky.from(at, dies ? 'silent_after' : fate, webhooks);
  const paying = buyer.pay(orderId, 'pm_card_visa');
  await Promise.race([reached, paying]);
  await Promise.race([meanwhiles[meanwhile]?.(opened, orderId), othersTurn(50)]);
  if (dies) await restart(market);
  // The longest that an answer is waited for, and then the sweep goes on with what was in flight.
  for (let look = 0; look < 3; look++) await opened.passing(6000);
  for (const ms of [15 * 60_000, 2000, 58_500]) await opened.passing(ms);
  let violations = await opened.violations();
  for (let second = 0; second < 120 && violations.length > 0; second++) {
    await passing(market, 1000);
    violations = await opened.violations();
  }
  return { requests: sky.requests, violations, end: await endOf(opened, orderId) };
}

async function endOf({ everything, stripe }: Market, orderId: string) {
  const { orders } = await everything();
  const status = orders.find(({ id }) => id === orderId)?.status;
  let [taken, held, back] = [0, 0, 0];
  for await (const { intent, charges, refunds } of stripe.ledger.payments()) {
    if (intent.metadata['orderId'] !== orderId) continue;
    for (const { amountCaptured } of charges) taken += amountCaptured;
    if (intent.status === 'requires_capture') held += 1;
    if (intent.status === 'succeeded') back += refunds.length;
  }
  if (held > 0) return `${status}, and money is held`;
  if (back > 0) return `${status}, refunded`;
  return taken === 0 ? `${status}, not charged` : `${status}, paid ${taken}`;
}

/** Two marketplaces take turns: each waits for its disk. */
async function payEach(cases: Case[]) {
  const seen: Awaited<ReturnType<typeof pay>>[] = [];
  const queue = cases.entries();
  const work = async (opened: Market) => {
    await using _ = opened.market;
    for (const [n, each] of queue) seen[n] = await pay(opened, each);
  };
  const markets = await Promise.all(Array.from({ length: AT_ONCE }, openMarket));
  await Promise.all(markets.map(work));
  return seen;
}

// The steps of real servers come in no order that could be counted.
describe('a payment by card at Stripe', () => {
  it('ends paid or not charged, whatever befalls one of its requests', {
    timeout: 600_000,
  }, async () => {
    // Webhooks only have the payment read once more.
    const undisturbed = { at: -1, fate: 'fair', meanwhile: 'nothing', webhooks: false } as const;
    const [whole] = await payEach([undisturbed]);
    expect(whole).toMatchObject({ end: PAID, violations: [] });
    const requests = whole?.requests ?? [];
    expect(requests.filter((request) => request.startsWith('POST'))).toEqual([
      'POST /v1/payment_intents',
      'POST /v1/payment_intents/pi/confirm',
      'POST /v1/payment_intents/pi/capture',
    ]);
    const cases = requests.flatMap((_, at) =>
      fates.flatMap((fate) =>
        Object.keys(meanwhiles).flatMap((meanwhile) =>
          [true, false].map((webhooks) => ({ at, fate, meanwhile, webhooks })),
        ),
      ),
    );
    const seen = await payEach(cases);
    const wrong = seen.flatMap(({ end, violations }, n) =>
      [PAID, NOT_CHARGED].includes(end) && violations.length === 0
        ? []
        : [{ ...cases[n], request: requests[cases[n]?.at ?? 0], end, violations }],
    );
    expect(wrong).toEqual([]);
    expect(new Set(seen.map(({ end }) => end))).toEqual(new Set([PAID, NOT_CHARGED]));
  });
});
