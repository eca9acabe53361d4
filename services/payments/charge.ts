/** One record of an order and its charge, and every decision about it. */

import type { ChargeRecord, NextAction, PaymentStatus } from '@fairseat/common/contracts/charge';
import { mustBeBuyer, SAY_AGAIN_MS } from '@fairseat/common/contracts/order';
import type { Stored } from '@fairseat/common/contracts/shared';
import { conflict, notFound, Problem } from '@fairseat/common/errors';
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
  /** The time to look after it again, if anything is left to do. Milliseconds since the epoch. */
  lookAgainAt: number;
  /** The number of times it was looked after since its last change. */
  looks: number;
}

interface ChargeRequest {
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

/** The state of a payment at the gateway. */
export interface GatewayAnswer {
  status: PaymentStatus;
  nextAction?: NextAction;
}

export interface PayRequest {
  userId: string;
  token: string;
  /** The id that the charge gets if this is its first request. */
  chargeId: string;
  request: ChargeRequest;
  currency: string;
}

export type PaymentFact =
  | { type: 'order.noted'; order: Order }
  | { type: 'charge.created'; charge: Charge }
  | { type: 'charge.retried'; token: string; request: ChargeRequest; lookAgainAt: number }
  | { type: 'charge.opened'; paymentId: string }
  | { type: 'charge.token_refused' }
  | { type: 'charge.action_required'; nextAction: NextAction }
  | { type: 'charge.looked_after'; lookAgainAt: number }
  | { type: 'charge.completed'; lookAgainAt: number }
  | { type: 'charge.failed'; decline: Decline | null; lookAgainAt: number }
  | { type: 'charge.refunded'; refundId: string };

type Decision = (payment: Payment) => PaymentFact[];

/** A request under way settles its own charge, so the reconciler waits this long. */
const IN_FLIGHT_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
/** Nobody tries this many cards, and the record must stay small. */
const MAX_REQUESTS = 50;

export const unknownPayment = (id: string): Payment => ({
  id,
  version: 0,
  createdAt: new Date(0).toISOString(),
  order: null,
  charge: null,
});

/** Keeps the order as received, unless a newer version is known. How it ended is told by the type of its event. */
export const noteOrder =
  (received: Order, status = received.status): Decision =>
  (payment) => {
    const order = { ...received, status };
    return order.version > (payment.order?.version ?? 0) ? [{ type: 'order.noted', order }] : [];
  };

/**
 * A buyer pays. The charge is saved before the gateway is called.
 * @throws Problem (404) when the order is not known, (403) when it is another's, (409) when there is nothing to pay, it
 * is too late, or a payment is under way.
 */
export function pay(attempt: PayRequest, now: number): Decision {
  return ({ order, charge }) => {
    if (order === null) throw notPayable();
    mustBeBuyer(order, attempt.userId);
    if (order.status === 'completed' || charge?.status === 'completed') {
      throw conflict('already_paid', 'This order is paid already.');
    }
    if (order.status !== 'awaiting_payment' || charge?.status === 'failed') {
      throw conflict('not_awaiting_payment', 'This order does not await payment.');
    }
    if (now >= Date.parse(order.expiresAt)) {
      throw conflict('order_expired', 'The time to pay is over. The ticket is let go.');
    }
    if (charge?.token) {
      throw conflict(
        'payment_in_progress',
        'A payment for this order is under way. Ask for the charge to see how it ended.',
      );
    }
    if (charge && charge.requests.length >= MAX_REQUESTS) {
      throw conflict('too_many_attempts', 'This order was tried to be paid too often.');
    }
    const lookAgainAt = now + IN_FLIGHT_MS;
    const { token, request } = attempt;
    if (charge) return [{ type: 'charge.retried', token, request, lookAgainAt }];
    return [{ type: 'charge.created', charge: newCharge(order, attempt, lookAgainAt) }];
  };
}

const notPayable = () =>
  new Problem(
    404,
    'not_found',
    'There is no such order, or it does not hold its ticket yet. Look at the order.',
  );

function newCharge(order: Order, attempt: PayRequest, lookAgainAt: number): Charge {
  const { chargeId: id, token, request, currency } = attempt;
  return {
    id,
    token,
    requests: [request],
    status: 'created',
    amount: order.ticket.price,
    currency,
    stripeId: null,
    stripeRefundId: null,
    nextAction: null,
    decline: null,
    lookAgainAt,
    looks: 0,
  };
}

/** The gateway has prepared the payment. */
export const noteOpened =
  (paymentId: string): Decision =>
  ({ charge }) =>
    charge && charge.stripeId === null ? [{ type: 'charge.opened', paymentId }] : [];

/** The gateway does not know the payment method, so the buyer may try another. */
export const noteTokenRefused =
  (token: string): Decision =>
  ({ charge }) =>
    charge?.token === token ? [{ type: 'charge.token_refused' }] : [];

/** True when the gateway may be asked for the money now. */
export const mayConfirm = ({ order, charge }: Payment, now: number) =>
  charge?.status === 'created' &&
  charge.token !== null &&
  order?.status === 'awaiting_payment' &&
  now < Date.parse(order.expiresAt);

/** Takes over the outcome at the gateway. A charge has failed only once its payment is cancelled there. */
export function settle(answer: GatewayAnswer, decline: Decline | null, now: number): Decision {
  return ({ order, charge }) => {
    if (charge === null || order === null) return [];
    const lookAgainAt = Math.max(now, Date.parse(order.expiresAt)) + SAY_AGAIN_MS;
    if (answer.status === 'succeeded' && charge.status !== 'completed') {
      return [{ type: 'charge.completed', lookAgainAt: isCancelled(order) ? now : lookAgainAt }];
    }
    if (charge.status !== 'created') return [];
    if (answer.status === 'cancelled') return [{ type: 'charge.failed', decline, lookAgainAt }];
    if (answer.nextAction && !isSame(answer.nextAction, charge.nextAction)) {
      return [{ type: 'charge.action_required', nextAction: answer.nextAction }];
    }
    return [];
  };
}

const isSame = (one: NextAction, other: NextAction | null) =>
  JSON.stringify(one) === JSON.stringify(other);

const isCancelled = (order: Order | null) => order?.status === 'cancelled';

/**
 * True for an open charge whose order is cancelled, or should have ended a minute ago: it must take no money any more.
 * Voiding fails the charge, which orders answers by saying the order's end again.
 */
export const mustVoid = ({ order, charge }: Payment, now: number) =>
  charge?.status === 'created' &&
  order !== null &&
  (isCancelled(order) || now >= sayAgainFrom(order));

const sayAgainFrom = (order: Order) => Date.parse(order.expiresAt) + SAY_AGAIN_MS;

/** True when money was taken for a cancelled order. Only `order.cancelled` brings this about, never a clock. */
export const owesRefund = ({ order, charge }: Payment) =>
  charge?.status === 'completed' && charge.stripeRefundId === null && isCancelled(order);

export const noteRefunded =
  (refundId: string): Decision =>
  (payment) =>
    owesRefund(payment) ? [{ type: 'charge.refunded', refundId }] : [];

/** The time to look after the charge: to settle, void, refund or say it again. Null when nothing is left to do. */
export function attentionAt(payment: Payment): number | null {
  const { order, charge } = payment;
  if (charge === null || order === null) return null;
  const unsettled = charge.status === 'created' || owesRefund(payment);
  const endUnknown = order.status !== 'completed' && order.status !== 'cancelled';
  return unsettled || endUnknown ? charge.lookAgainAt : null;
}

/** Sets the next look before this one, so that a charge that keeps failing comes ever more rarely. */
export function lookAfter(now: number): Decision {
  return (payment) => {
    const { order, charge } = payment;
    const at = attentionAt(payment);
    if (order === null || charge === null || at === null || at > now) return [];
    const next = now + Math.min(1000 * 2 ** charge.looks, LONGEST_PAUSE_MS);
    const latest = sayAgainFrom(order);
    return [
      { type: 'charge.looked_after', lookAgainAt: now < latest ? Math.min(next, latest) : next },
    ];
  };
}

/** Says the charge's end again, which orders answers by saying the order's end again. */
export const remind =
  (now: number): Decision =>
  ({ charge }) =>
    charge === null ? [] : endOf(charge, now + SAY_AGAIN_MS);

/** The fact that says the charge's end again. A charge under way was never published. */
export const asItStands: Decision = ({ charge }) =>
  charge === null ? [] : endOf(charge, charge.lookAgainAt);

function endOf({ status, decline }: Charge, lookAgainAt: number): PaymentFact[] {
  if (status === 'completed') return [{ type: 'charge.completed', lookAgainAt }];
  return status === 'failed' ? [{ type: 'charge.failed', decline, lookAgainAt }] : [];
}

export function evolve(payment: Payment | undefined, fact: PaymentFact): Payment {
  if (payment === undefined) throw new Error(`${fact.type} of nothing`);
  if (fact.type === 'order.noted') return noted(payment, fact.order);
  if (fact.type === 'charge.created') return { ...payment, charge: fact.charge };
  if (payment.charge === null) throw new Error(`${fact.type} of no charge`);
  return { ...payment, charge: evolveCharge(payment.charge, fact) };
}

function noted(payment: Payment, order: Order): Payment {
  const { charge } = payment;
  // The open charge of a cancelled order is looked after at once.
  const now =
    charge && order.status === 'cancelled' ? { ...charge, lookAgainAt: 0, looks: 0 } : charge;
  const createdAt = payment.version === 0 ? order.createdAt : payment.createdAt;
  return { ...payment, createdAt, order, charge: now };
}

function evolveCharge(
  charge: Charge,
  fact: Exclude<PaymentFact, { type: 'order.noted' | 'charge.created' }>,
): Charge {
  switch (fact.type) {
    case 'charge.retried': {
      const { token, request, lookAgainAt } = fact;
      const requests = [...charge.requests, request];
      return { ...charge, token, requests, lookAgainAt, nextAction: null, looks: 0 };
    }
    case 'charge.opened':
      return { ...charge, stripeId: fact.paymentId };
    case 'charge.token_refused':
      // The last request is the one under way.
      return { ...charge, token: null, requests: charge.requests.slice(0, -1) };
    case 'charge.action_required':
      return { ...charge, token: null, nextAction: fact.nextAction };
    case 'charge.looked_after':
      return { ...charge, lookAgainAt: fact.lookAgainAt, looks: charge.looks + 1 };
    case 'charge.completed':
      return { ...ended(charge), status: 'completed', lookAgainAt: fact.lookAgainAt };
    case 'charge.failed': {
      const { decline, lookAgainAt } = fact;
      return { ...ended(charge), status: 'failed', decline, lookAgainAt };
    }
    case 'charge.refunded':
      return { ...charge, stripeRefundId: fact.refundId };
  }
}

const ended = (charge: Charge): Charge => ({ ...charge, token: null, nextAction: null, looks: 0 });

/** The charge as the API and events show it. @throws Problem (404) when nobody has paid. */
export function toCharge({ id: orderId, charge }: Payment): ChargeRecord {
  if (charge === null) throw notFound('charge');
  const { nextAction, ...rest } = charge;
  return { ...rest, orderId, ...(nextAction && { nextAction }) };
}
