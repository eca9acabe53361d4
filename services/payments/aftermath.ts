/** What becomes of money after it was taken: what is given back, and what buyers ask back from their banks. */
import type { Dispute, Refund } from '@fairseat/common/contracts/charge';
import type { Charge, Order, Payment, PaymentFact } from './charge.ts';

/** The part of the gateway's answer that this is about. */
export interface Aftermath {
  refund?: Refund;
  dispute?: Dispute;
}

/** A refund may come back for so long. */
const WATCHED_MS = 30 * 24 * 60 * 60_000;

/** True when money was taken for a cancelled order. Only `order.cancelled` brings this about, never a clock. */
export const owesRefund = ({ order, charge }: Payment) =>
  charge?.status === 'completed' &&
  charge.stripeRefundId === null &&
  order?.status === 'cancelled' &&
  !isWithBank(charge);

/** True when the whole amount is given back already, or a refund would only fail again. */
export const isGivenBack = ({ refund, dispute }: Aftermath, amount: number) =>
  refund?.status === 'failed' || (refund?.amount ?? 0) >= amount || isWithBank({ dispute });

/** The bank has the money, or decides who gets it, and until then refuses refunds. */
const isWithBank = ({ dispute }: { dispute?: Dispute | undefined }) =>
  dispute !== undefined && dispute.status !== 'won';

/** True for a refund that may still come back. */
export const isWatched = (charge: Charge | null) =>
  charge?.refund !== undefined &&
  charge.refund.status !== 'failed' &&
  charge.lookAgainAt < (charge.watchUntil ?? 0);

/** Takes over what the gateway says of money that was taken. What fails stays as it is: an operator must pay the buyer. */
export const noteAftermath =
  (answer: Aftermath, now: number) =>
  ({ order, charge }: Payment): PaymentFact[] =>
    charge?.status === 'completed'
      ? [...refundFacts(order, charge, answer.refund, now), ...disputeFacts(charge, answer.dispute)]
      : [];

function refundFacts(
  order: Order | null,
  charge: Charge,
  refund: Refund | undefined,
  now: number,
): PaymentFact[] {
  if (refund === undefined || isSame(refund, charge.refund)) return [];
  const { watchUntil = now + WATCHED_MS } = charge;
  // The order has not ended, or there is a rest to give back.
  const isDue = order?.status !== 'completed' && !isGivenBack({ refund }, charge.amount);
  const lookAgainAt = isDue ? charge.lookAgainAt : now + lookAgainAfter(refund);
  const type = refund.status === 'failed' ? 'charge.refund_failed' : 'charge.refunded';
  return [{ type, refund, lookAgainAt, watchUntil }];
}

function disputeFacts(charge: Charge, dispute: Dispute | undefined): PaymentFact[] {
  if (dispute === undefined || isSame(dispute, charge.dispute)) return [];
  const isOpen = dispute.status === 'open';
  return [{ type: isOpen ? 'charge.disputed' : 'charge.dispute_closed', dispute }];
}

const lookAgainAfter = ({ status }: Refund) => (status === 'pending' ? 1 : 24) * 60 * 60_000;

/** The time until the next look at what is watched alone. */
export const watchAgainAfter = ({ refund }: Charge) => (refund ? lookAgainAfter(refund) : 0);

/** Whatever the order of their properties, since records come back as an engine keeps them. */
const isSame = <T extends object>(one: T, other: T | undefined) =>
  other !== undefined &&
  (Object.keys(one) as (keyof T)[]).every((name) => one[name] === other[name]);
