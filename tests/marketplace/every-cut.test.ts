/**
 * One payment, cut at every step: before and after each save, each call of the gateway and each event handled. At each the
 * process dies, or the call fails, or it goes on late; meanwhile nothing happens, or the buyer cancels, or the time to pay
 * runs out. In the end the order is paid and completed, or nobody was charged; only methods that move money at once may
 * have it given back, in full and once.
 */
import { type Cut, Steps } from '@fairseat/test-support/cuts';
import { healed, passing, pastTheEnd } from '@fairseat/test-support/disturbances';
import { type GatewayRecord, readEverything } from '@fairseat/test-support/invariants';
import { othersTurn } from '@fairseat/test-support/marketplace';
import { openTrade, restart } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

const AT_ONCE = 2;
const PRICE = 4990;
const HOLDS = 'pm_card_visa';
const TAKES_AT_ONCE = 'pm_fairseat_takesAtOnce';

type Market = Awaited<ReturnType<typeof openMarket>>;
const meanwhiles: Record<string, (market: Market, orderId: string) => unknown> = {
  nothing: () => {},
  'the buyer cancels': ({ buyer }, orderId) => buyer.cancel(orderId),
  'the time runs out': ({ market }) => market.clock.advance(15 * 60_000),
};
const cuts: (Cut | 'the process dies')[] = ['goes on', 'fails', 'the process dies'];

async function openMarket() {
  const steps = new Steps();
  return { steps, ...(await openTrade(steps.wrap)) };
}

interface Case {
  /** The number of the step to stop at, if there are as many. */
  at?: number;
  meanwhile?: string;
  cut?: (typeof cuts)[number];
}

/** Pays for another ticket. Returns all steps, and what has become of the order and its money. */
async function pay(
  opened: Market,
  token: string,
  { at, meanwhile = 'nothing', cut = 'goes on' }: Case,
) {
  const { steps, market, seller, buyer } = opened;
  const { id: orderId } = await buyer.holds((await seller.sells()).id);
  await market.settled();
  const stopped = steps.from(at);
  const paying = buyer.pay(orderId, token);
  const isOver = paying.then(() => market.settled()).then(() => undefined);
  const step = await Promise.race([stopped, isOver]);
  const doing = Promise.resolve(meanwhiles[meanwhile]?.(opened, orderId));
  await Promise.race([doing, othersTurn(50)]);
  if (cut === 'the process dies') {
    await restart(market);
    steps.release('goes on');
  } else {
    steps.release(cut);
    await Promise.race([paying, othersTurn(50)]);
  }
  // The sweep goes on with what was in flight.
  for (let look = 0; look < 2; look++) await passing(market, 6000);
  await pastTheEnd(market);
  const violations = await healed(market, 120);
  const { orders, gateway } = await readEverything(market.platform);
  const order = orders.find(({ id }) => id === orderId);
  const own = gateway.filter((payment) => payment.orderId === orderId);
  return { steps: steps.names, step, violations, end: endOf(order?.status, own) };
}

function endOf(status: string | undefined, gateway: GatewayRecord[]) {
  const taken = gateway.filter((payment) => payment.status === 'succeeded');
  const held = gateway.filter((payment) => payment.status === 'authorized');
  const back = taken.filter(({ refundId }) => refundId !== null);
  const sum = taken.reduce((all, { amount }) => all + amount, 0);
  if (held.length > 0) return `${status}, and money is held`;
  if (taken.length === 0) return `${status}, not charged`;
  if (back.length > 0) return `${status}, refunded ${back.length} of ${sum}`;
  return `${status}, paid ${sum}`;
}

/** What is done at a step. Only a call can fail, and to go on undisturbed is what all other steps do. */
function casesOf(step: string) {
  const isCall = step.includes(' gateway ');
  return cuts.flatMap((cut) => {
    if (cut === 'fails' && !isCall) return [];
    const all = Object.keys(meanwhiles).map((meanwhile) => ({ meanwhile, cut }));
    return cut === 'goes on' ? all.slice(1) : all;
  });
}

/** Two marketplaces take turns: each waits for its disk. */
async function payEach(token: string, cases: Case[]) {
  const seen: Awaited<ReturnType<typeof pay>>[] = [];
  const queue = cases.entries();
  const work = async () => {
    const opened = await openMarket();
    await using _ = opened.market;
    for (const [n, each] of queue) seen[n] = await pay(opened, token, each);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return seen;
}

const PAID = `completed, paid ${PRICE}`;
const NOT_CHARGED = 'cancelled, not charged';
const REFUNDED = `cancelled, refunded 1 of ${PRICE}`;

// The steps of real servers come in no order that could be counted.
describe('a payment that is cut at every step', () => {
  it.each([
    [HOLDS, [PAID, NOT_CHARGED]],
    [TAKES_AT_ONCE, [PAID, NOT_CHARGED, REFUNDED]],
  ])('by %s ends as one of %j', { timeout: 600_000 }, async (token, allowed) => {
    const [whole] = await payEach(token, [{}]);
    expect(whole).toMatchObject({ end: PAID, violations: [] });
    const { steps = [] } = whole ?? {};
    expect(steps.length).toBeGreaterThan(20);
    const cases = steps.flatMap((step, at) => casesOf(step).map((each) => ({ at, ...each })));
    const seen = await payEach(token, cases);
    const wrong = seen.flatMap(({ step, end, violations }, n) =>
      allowed.includes(end) && violations.length === 0
        ? []
        : [{ ...cases[n], step, end, violations }],
    );
    expect(wrong).toEqual([]);
    // All ends are met, so the cuts were where they matter.
    expect([...new Set(seen.map((each) => each.end))].toSorted()).toEqual(allowed.toSorted());
  });
});
