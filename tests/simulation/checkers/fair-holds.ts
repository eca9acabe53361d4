/** Checks that nobody holds more than their share: neither in what is saved, nor in what people are told. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { Exchange, ReplyBody } from '../exchange.ts';
import { HOLD_PAUSES } from '../limits.ts';
import { isUnpaid, type Ledger, pairOf, type SavedOrder, type Write } from './ledger.ts';
import { must } from './violation.ts';

interface HoldRules {
  maxHolds: number;
  /** The most between the time of a decision and that of its event. */
  savedWithinMs: number;
  skewMsOf(process: string): { most: number };
}

const pauseMsAfter = (ends: number) =>
  (HOLD_PAUSES[Math.min(ends, HOLD_PAUSES.length) - 1] as number) * 1000;

/** Of orders that a restore touched nobody knows the numbers. */
export function checkFair(write: Write, ledger: Ledger, rules: HoldRules): void {
  const order = write.after as SavedOrder;
  const unpaid = [...ledger.unended].flatMap((id) => ledger.orders.get(id) ?? []);
  const own = unpaid.filter(
    (other) => isUnpaid(other) && other.userId === order.userId && !ledger.touched.has(other.id),
  );
  const { maxHolds } = rules;
  must(
    'a buyer has no more unpaid orders than places',
    own.length < maxHolds,
    () => `order ${order.id} joins ${own.map(({ id }) => `order ${id}`).join(', ')}`,
  );
  const ends = ledger.letGo.get(pairOf(order)) ?? [];
  const last = ends.at(-1);
  if (last === undefined || ends.some(({ orderId }) => ledger.touched.has(orderId))) return;
  const earlyMs =
    last.letGoAt + pauseMsAfter(ends.length) - write.atMs - rules.skewMsOf(write.process).most;
  must(
    'a ticket is left to others for a while',
    earlyMs <= 0,
    () => `order ${order.id} came ${earlyMs} ms too early after order ${last.orderId}`,
  );
}

/** What a buyer's next hold waits for is noted with the end: who let go, and when, by the clock that decided. */
export function checkEnd({ after, events }: Write, { savedWithinMs }: HoldRules): void {
  const { id, reason, letGoAt } = after as SavedOrder;
  const counts = reason === 'buyer' || reason === 'expired';
  const offMs = Math.abs(Date.parse(events[0]?.time ?? '') - (letGoAt ?? 0));
  must(
    'what ends unpaid is noted',
    counts ? offMs <= savedWithinMs : letGoAt === undefined,
    () => `order ${id} was cancelled (${reason}), and let go ${offMs} ms away from that`,
  );
}

type Told = Pick<ReplyBody, 'orders'>;

/** Whoever has too many is named as many as there are places, each unpaid at some time since they asked. */
export const hasTooMany = (
  { userId, askedAtMs }: Exchange,
  { orders = [] }: Partial<Told>,
  ledger: Ledger,
  { maxHolds }: Pick<HoldRules, 'maxHolds'>,
): boolean =>
  new Set(orders.map(({ id }) => id)).size === maxHolds &&
  orders.every(({ id, version }) => {
    const past = ledger.past<OrderRecord>(id, version);
    const untilMs = ledger.endedAtMs.get(id) ?? Number.POSITIVE_INFINITY;
    if (ledger.touched.has(id)) return true;
    return past !== undefined && past.userId === userId && isUnpaid(past) && untilMs >= askedAtMs;
  });

/** The pause was not over when they asked, by any clock. */
export const hasHeldTooOften = (
  { userId, body, askedAtMs }: Exchange,
  ledger: Ledger,
  mostSkewMs: number,
): boolean => {
  const ends = ledger.letGo.get(pairOf({ userId, ticketId: String(body?.['ticketId']) })) ?? [];
  const last = ends.at(-1);
  return last !== undefined && last.letGoAt + pauseMsAfter(ends.length) + mostSkewMs >= askedAtMs;
};
