/**
 * One payment, cut at every step: before and after each save, each call of the gateway and each event handled. At each the
 * process dies, or the call fails, or it goes on late; meanwhile nothing happens, or the buyer cancels, or the time to pay
 * runs out. In the end the order is paid and completed, or nobody was charged; only methods that move money at once may
 * have it given back, in full and once.
 */
import { type Cut, Steps } from '@fairseat/test-support/cuts';
import { healed, passing, pastTheEnd } from '@fairseat/test-support/disturbances';
import { type GatewayRecord, readEverything } from '@fairseat/test-support/invariants';
import { isDistributed, othersTurn } from '@fairseat/test-support/marketplace';
import { openTrade, restart } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

const PRICE = 4990;
const HOLDS = 'pm_card_visa';
const TAKES_AT_ONCE = 'pm_fairseat_takesAtOnce';

type Trade = Awaited<ReturnType<typeof openTrade>> & { orderId: string };
const meanwhiles: Record<string, (trade: Trade) => unknown> = {
  nothing: () => {},
  'the buyer cancels': ({ buyer, orderId }) => buyer.cancel(orderId),
  'the time runs out': ({ market }) => market.clock.advance(15 * 60_000),
};
const cuts: (Cut | 'the process dies')[] = ['goes on', 'fails', 'the process dies'];

/** Pays, stopping at this step if there are as many. Returns all steps, and what has become of order and money. */
async function pay(
  token: string,
  at?: number,
  meanwhile = 'nothing',
  cut: (typeof cuts)[number] = 'goes on',
) {
  const steps = new Steps();
  const opened = await openTrade(steps.wrap);
  await using market = opened.market;
  const { buyer, ticket } = opened;
  const { id: orderId } = await buyer.holds(ticket.id);
  await market.settled();
  const stopped = steps.from(at);
  const paying = buyer.pay(orderId, token);
  const isOver = paying.then(() => market.settled()).then(() => undefined);
  const step = await Promise.race([stopped, isOver]);
  const doing = Promise.resolve(meanwhiles[meanwhile]?.({ ...opened, orderId }));
  await Promise.race([doing, othersTurn(50)]);
  if (cut === 'the process dies') {
    await restart(market);
    steps.release('goes on');
  } else {
    steps.release(cut);
    await Promise.race([paying, othersTurn(50)]);
  }
  for (let second = 0; second < 10; second++) await passing(market, 1000);
  await pastTheEnd(market);
  const violations = await healed(market, 120);
  const { orders, gateway } = await readEverything(market.platform);
  return { steps: steps.names, step, violations, end: endOf(orders[0]?.status, gateway) };
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

const PAID = `completed, paid ${PRICE}`;
const NOT_CHARGED = 'cancelled, not charged';
const REFUNDED = `cancelled, refunded 1 of ${PRICE}`;

// The steps of real servers come in no order that could be counted.
describe.skipIf(isDistributed)('a payment that is cut at every step', () => {
  it.each([
    [HOLDS, [PAID, NOT_CHARGED]],
    [TAKES_AT_ONCE, [PAID, NOT_CHARGED, REFUNDED]],
  ])('by %s ends as one of %j', { timeout: 600_000 }, async (token, allowed) => {
    const { steps, end } = await pay(token);
    expect(end).toBe(PAID);
    expect(steps.length).toBeGreaterThan(20);
    const wrong: string[] = [];
    const ends = new Set<string>();
    for (const [at, step] of steps.entries()) {
      for (const meanwhile of Object.keys(meanwhiles)) {
        for (const cut of cuts) {
          const isCall = step.includes(' gateway ');
          if (cut === 'fails' && !isCall) continue;
          const seen = await pay(token, at, meanwhile, cut);
          ends.add(seen.end);
          const isRight = allowed.includes(seen.end) && seen.violations.length === 0;
          const story = `${at} ${seen.step ?? step}: ${cut}, meanwhile ${meanwhile}`;
          if (!isRight) wrong.push(`${story}: ${seen.end}; ${seen.violations.join(', ')}`);
        }
      }
    }
    expect(wrong).toEqual([]);
    // All ends are met, so the cuts were where they matter.
    expect([...ends].toSorted()).toEqual(allowed.toSorted());
  });
});
