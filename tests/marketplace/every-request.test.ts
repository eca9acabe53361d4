/**
 * One payment by Stripe's SDK on the local Stripe, where each of its requests meets each mishap, or the process dies at it;
 * meanwhile nothing happens, or the buyer cancels, or the time to pay runs out; and webhooks arrive or are lost. In the end the order is
 * paid and completed, or nobody was charged; only a bank redirect may be given back, in full and once.
 */
import { passing } from '@fairseat/test-support/disturbances';
import { othersTurn } from '@fairseat/test-support/marketplace';
import { openStripeTrade } from '@fairseat/test-support/stripe-trade';
import { restart } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

const PRICE = 4990;
const AT_ONCE = 2;
/** A look at all that is stored takes the longer, the more payments there are. */
const PAYMENTS_A_MARKET = 20;
const PAID = `completed, paid ${PRICE}`;
const NOT_CHARGED = 'cancelled, not charged';
const REFUNDED = `cancelled, refunded 1 of ${PRICE}`;
const CARD = 'pm_card_visa';
const IDEAL = 'pm_local_ideal';

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

interface Case {
  /** The number of the request that meets its fate. */
  at: number;
  fate: (typeof fates)[number];
  meanwhile: string;
  /** The request at which that happens, if another. */
  meanwhileAt?: number;
  webhooks: boolean;
}

/** Notes all requests, and has one of them meet its fate. */
class Sky {
  requests: string[] = [];
  webhooks = true;
  #case: Pick<Case, 'at' | 'fate' | 'meanwhileAt'> = { at: -1, fate: 'fair' };
  #meanwhile = Promise.withResolvers<void>();

  /** Resolves at the request during which something else happens. */
  from(one: Case): Promise<void> {
    this.requests = [];
    [this.#case, this.webhooks] = [one, one.webhooks];
    this.#meanwhile = Promise.withResolvers();
    return this.#meanwhile.promise;
  }

  get isOver() {
    return this.requests.length > this.#case.at;
  }

  weather: Weather = {
    request: (method, path) => {
      const number = this.requests.push(
        `${method} ${path.replaceAll(/pi_\w+/g, 'pi').split('?')[0]}`,
      );
      const { at, fate, meanwhileAt = at } = this.#case;
      if (number - 1 === meanwhileAt) this.#meanwhile.resolve();
      if (number - 1 !== at) return 'fair';
      return fate === 'the process dies' ? 'silent_after' : fate;
    },
    webhook: () => (this.webhooks ? [0] : []),
  };
}

async function openMarket(method: string) {
  const sky = new Sky();
  const env = { CURRENCY: method === IDEAL ? 'eur' : 'usd' };
  return { sky, method, ...(await openStripeTrade({ env }, sky.weather)) };
}

/** Pays for another ticket. Returns all requests, and what has become of the order and its money. */
async function pay(opened: Market, one: Case) {
  const { sky, market, seller, buyer } = opened;
  const { id: orderId } = await buyer.holds((await seller.sells()).id);
  await market.settled();
  const reached = sky.from(one);
  const happening = reached.then(() => meanwhiles[one.meanwhile]?.(opened, orderId));
  let mayDie = one.fate === 'the process dies';
  const goesOn = async (work: Promise<unknown>) => {
    await Promise.race([Promise.all([work, sky.isOver && happening]), othersTurn(50)]);
    if (!mayDie || !sky.isOver) return;
    mayDie = false;
    await restart(market);
  };
  const paying = buyer.pay(orderId, opened.method);
  await Promise.race([reached, paying]);
  await goesOn(paying);
  // The longest that an answer is waited for, and then the sweep goes on with what was in flight.
  for (let look = 0; look < 3; look++) {
    await goesOn(comeFromBank(opened, orderId));
    await goesOn(opened.passing(6000));
  }
  for (const ms of [15 * 60_000, 2000, 58_500]) await opened.passing(ms);
  let violations = await opened.violations();
  for (let second = 0; second < 120 && violations.length > 0; second++) {
    await passing(market, 1000);
    violations = await opened.violations();
  }
  return { requests: sky.requests, violations, end: await endOf(opened, orderId) };
}

/** All payments at Stripe for the order. */
async function paymentsOf({ stripe }: Market, orderId: string) {
  const all = await Array.fromAsync(stripe.ledger.payments());
  return all.filter(({ intent }) => intent.metadata['orderId'] === orderId);
}

/** The buyer approves at their bank, if it asks, and is sent back to the order. */
async function comeFromBank(opened: Market, orderId: string) {
  for (const { id, intent } of await paymentsOf(opened, orderId)) {
    if (intent.status !== 'requires_action') continue;
    await opened.answerBank(id, 'approve');
    await opened.buyer.post(`/api/payments/${orderId}/settle`, {});
  }
}

async function endOf(opened: Market, orderId: string) {
  const { status } = await opened.buyer.seesOrder(orderId);
  const payments = await paymentsOf(opened, orderId);
  const taken = payments.flatMap(({ charges }) => charges.map((charge) => charge.amountCaptured));
  const back = payments.flatMap(({ refunds }) => refunds.map(({ amount }) => amount));
  const isHeld = payments.some(({ intent }) => intent.status === 'requires_capture');
  if (isHeld) return `${status}, and money is held`;
  if (sumOf(taken) === 0) return `${status}, not charged`;
  if (back.length > 0) return `${status}, refunded ${back.length} of ${sumOf(back)}`;
  return `${status}, paid ${sumOf(taken)}`;
}

const sumOf = (amounts: number[]) => amounts.reduce((sum, amount) => sum + amount, 0);

/** Two marketplaces take turns: each waits for its disk. */
async function payEach(token: string, cases: Case[]) {
  const seen: Awaited<ReturnType<typeof pay>>[] = [];
  const queue = cases.entries();
  const work = async () => {
    for (let next = queue.next(); !next.done; ) {
      const opened = await openMarket(token);
      await using _ = opened.market;
      for (let paid = 0; paid < PAYMENTS_A_MARKET && !next.done; paid++) {
        const [n, each] = next.value;
        seen[n] = await pay(opened, each);
        next = queue.next();
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return seen;
}

// Webhooks only have the payment read once more.
const undisturbed: Case = { at: -1, fate: 'fair', meanwhile: 'nothing', webhooks: false };
const one = async (token: string, change: Partial<Case> = {}) =>
  (await payEach(token, [{ ...undisturbed, ...change }]))[0];

/** Returns all ends. @throws AssertionError when one is none of `allowed`. */
async function endsOf(token: string, cases: Case[], allowed: string[]) {
  const seen = await payEach(token, cases);
  const wrong = seen.flatMap(({ requests, end, violations }, n) =>
    allowed.includes(end) && violations.length === 0
      ? []
      : [{ ...cases[n], requests, end, violations }],
  );
  expect(wrong).toEqual([]);
  return new Set(seen.map(({ end }) => end));
}

// The steps of real servers come in no order that could be counted.
describe('a payment at Stripe, whatever befalls one of its requests', { timeout: 600_000 }, () => {
  it('by card ends paid or not charged', async () => {
    const whole = await one(CARD);
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
    const ends = [PAID, NOT_CHARGED];
    expect(await endsOf(CARD, cases, ends)).toEqual(new Set(ends));
  });

  it('by a bank redirect ends paid, not charged, or given back in full and once', async () => {
    const whole = await one(IDEAL);
    expect(whole).toMatchObject({ end: PAID, violations: [] });
    const requests = whole?.requests ?? [];
    // Once the bank has the money, it is asked for, and cannot be cancelled any more.
    const late = { meanwhile: 'the buyer cancels', meanwhileAt: requests.length - 1 };
    const back = await one(IDEAL, late);
    expect(back).toMatchObject({ end: REFUNDED, violations: [] });
    const cases = [
      ...requests.flatMap((_, at) =>
        fates.flatMap((fate) =>
          Object.keys(meanwhiles).map((meanwhile) => ({ at, fate, meanwhile, webhooks: true })),
        ),
      ),
      ...(back?.requests ?? []).flatMap((_, at) =>
        at < late.meanwhileAt ? [] : fates.map((fate) => ({ at, fate, ...late, webhooks: false })),
      ),
    ];
    const ends = [PAID, NOT_CHARGED, REFUNDED];
    expect(await endsOf(IDEAL, cases, ends)).toEqual(new Set(ends));
  });
});
