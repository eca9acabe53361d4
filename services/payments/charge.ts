/** One record of an order and its charge, and how facts change it. */

import type { ChargeRecord, Dispute, NextAction, Refund } from '@fairseat/common/contracts/charge';
import type { Stored } from '@fairseat/common/contracts/shared';
import { notFound } from '@fairseat/common/errors';
import type { EventData } from '@fairseat/common/events';

/** An order as its events tell of it: with a status that a newer release added, it is `'other'` and not to be paid. */
export type Order = EventData<'order.awaiting_payment'>;

export interface Charge extends Omit<ChargeRecord, 'orderId' | 'nextAction'> {
  /** One request for each card that the buyer tried; refused requests are left out. */
  requests: ChargeRequest[];
  /** The payment method under way: set from "pay" until the gateway has answered. */
  token: string | null;
  nextAction: NextAction | null;
  decline: Decline | null;
  /** Until when the money that is held can be taken, if the gateway tells. Milliseconds since the epoch. */
  captureBefore?: number;
  /** Until when a refund may come back. Milliseconds since the epoch. */
  watchUntil?: number;
  /** The time to look after it again, if anything is left to do. Milliseconds since the epoch. */
  lookAgainAt: number;
  /** The number of times it was looked after since its last change. */
  looks: number;
}

export interface ChargeRequest {
  id: string;
  /** A hash of the body; null without an Idempotency-Key. */
  hash: string | null;
}

/** One record for each order, by the order's id. */
export interface Payment extends Stored {
  order: Order | null;
  charge: Charge | null;
}

export type Decline = NonNullable<ChargeRecord['decline']>;

export type PaymentFact =
  | { type: 'order.noted'; order: Order; lookAgainAt?: number }
  | { type: 'charge.created'; charge: Charge }
  | { type: 'charge.retried'; token: string; request: ChargeRequest; lookAgainAt: number }
  | { type: 'charge.opened'; paymentId: string }
  | { type: 'charge.token_refused'; decline: Decline }
  | { type: 'charge.action_required'; nextAction: NextAction }
  | { type: 'charge.declined'; decline: Decline; lookAgainAt: number }
  | { type: 'charge.looked_after'; lookAgainAt: number }
  | ({ type: 'charge.authorized'; lookAgainAt: number } & Authorization)
  | { type: 'charge.completed'; lookAgainAt: number }
  | { type: 'charge.failed'; decline: Decline | null; lookAgainAt: number }
  | {
      type: 'charge.refunded' | 'charge.refund_failed';
      refund: Refund;
      lookAgainAt: number;
      watchUntil: number;
    }
  | { type: 'charge.disputed' | 'charge.dispute_closed'; dispute: Dispute };

export type Authorization = Required<Pick<Charge, 'authorizedAt'>> & Pick<Charge, 'captureBefore'>;

export const unknownPayment = (id: string): Payment => ({
  id,
  version: 0,
  createdAt: new Date(0).toISOString(),
  order: null,
  charge: null,
});

export function evolve(payment: Payment | undefined, fact: PaymentFact): Payment {
  if (payment === undefined) throw new Error(`${fact.type} of nothing`);
  if (fact.type === 'order.noted') return noted(payment, fact);
  if (fact.type === 'charge.created') return { ...payment, charge: fact.charge };
  if (payment.charge === null) throw new Error(`${fact.type} of no charge`);
  return { ...payment, charge: evolveCharge(payment.charge, fact) };
}

type Noted = Extract<PaymentFact, { type: 'order.noted' }>;

function noted(payment: Payment, { order, lookAgainAt }: Noted): Payment {
  const { charge } = payment;
  // The open charge of a cancelled order is looked after at once.
  const at = order.status === 'cancelled' ? 0 : lookAgainAt;
  const createdAt = payment.version === 0 ? order.createdAt : payment.createdAt;
  const due = charge && at !== undefined ? { ...charge, lookAgainAt: at, looks: 0 } : charge;
  return { ...payment, createdAt, order, charge: due };
}

function evolveCharge(
  charge: Charge,
  fact: Exclude<PaymentFact, { type: 'order.noted' | 'charge.created' }>,
): Charge {
  switch (fact.type) {
    case 'charge.retried': {
      const { token, request, lookAgainAt } = fact;
      const requests = [...charge.requests, request];
      return { ...answered(charge), token, requests, lookAgainAt };
    }
    case 'charge.opened':
      return { ...charge, stripeId: fact.paymentId };
    case 'charge.token_refused':
      // The last request is the one under way.
      return {
        ...charge,
        token: null,
        requests: charge.requests.slice(0, -1),
        decline: fact.decline,
      };
    case 'charge.declined': {
      const { decline, lookAgainAt } = fact;
      const declines = (charge.declines ?? 0) + 1;
      return { ...answered(charge), decline, declines, lookAgainAt };
    }
    case 'charge.action_required':
      return { ...charge, token: null, nextAction: fact.nextAction };
    case 'charge.looked_after':
      return { ...charge, lookAgainAt: fact.lookAgainAt, looks: charge.looks + 1 };
    case 'charge.authorized': {
      const { type: _, ...authorized } = fact;
      return { ...answered(charge), ...authorized };
    }
    case 'charge.completed':
      return { ...answered(charge), status: 'completed', lookAgainAt: fact.lookAgainAt };
    case 'charge.failed': {
      const { decline, lookAgainAt } = fact;
      return { ...answered(charge), status: 'failed', decline, lookAgainAt };
    }
    case 'charge.refunded':
    case 'charge.refund_failed': {
      const { refund, lookAgainAt, watchUntil } = fact;
      const isAll = refund.status === 'failed' || refund.amount >= charge.amount;
      const stripeRefundId = isAll ? refund.id : charge.stripeRefundId;
      return { ...charge, stripeRefundId, refund, lookAgainAt, watchUntil, looks: 0 };
    }
    case 'charge.disputed':
    case 'charge.dispute_closed':
      return { ...charge, dispute: fact.dispute };
  }
}

const answered = (charge: Charge): Charge => ({
  ...charge,
  token: null,
  nextAction: null,
  decline: null,
  looks: 0,
});

/** The charge as the API and events show it. @throws Problem (404) when nobody has paid. */
export function toCharge({ id: orderId, charge }: Payment): ChargeRecord {
  if (charge === null) throw notFound('charge');
  const { nextAction, ...rest } = charge;
  return { ...rest, orderId, ...(nextAction && { nextAction }) };
}
