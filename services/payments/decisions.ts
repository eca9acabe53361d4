/** Every decision about a charge. */

import type { NextAction, PaymentStatus } from '@fairseat/common/contracts/charge';
import { mustBeBuyer, SAY_AGAIN_MS } from '@fairseat/common/contracts/order';
import { conflict, Problem } from '@fairseat/common/errors';
import { isWatched, owesRefund, watchAgainAfter } from './aftermath.ts';
import type {
  Authorization,
  Charge,
  ChargeRequest,
  Decline,
  Order,
  Payment,
  PaymentFact,
} from './charge.ts';

/** The state of a payment at the gateway. */
export interface GatewayAnswer {
  status: PaymentStatus;
  nextAction?: NextAction;
  captureBefore?: number;
}

export interface PayRequest {
  userId: string;
  token: string;
  /** The id that the charge gets if this is its first request. */
  chargeId: string;
  request: ChargeRequest;
  currency: string;
}

type OrderNoted = Extract<PaymentFact, { type: 'order.noted' }>;
type Decision = (payment: Payment) => PaymentFact[];

/** A request under way settles its own charge, so the reconciler waits this long. */
const IN_FLIGHT_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
/** Nobody tries this many cards, and the record must stay small. */
const MAX_REQUESTS = 50;
/** Money that is held so shortly before the gateway lets it go is given back. */
const LAST_HOUR_MS = 60 * 60_000;

/** Keeps the order as received, unless a newer version is known. How it ended is told by the type of its event. */
export const noteOrder =
  (received: Order, status = received.status) =>
  (payment: Payment): OrderNoted[] => {
    const order = { ...received, status };
    return order.version > (payment.order?.version ?? 0) ? [{ type: 'order.noted', order }] : [];
  };

/**
 * The order is secured: the money may be taken. Who says so again after the charge has ended has not heard of that end,
 * which is said again too.
 */
export const noteSecured =
  (received: Order, now: number): Decision =>
  (payment) => {
    const [noted] = noteOrder(received)(payment);
    if (!noted) return [];
    const again = payment.charge?.status === 'created' ? [] : remind(now)(payment);
    return [{ ...noted, lookAgainAt: now + IN_FLIGHT_MS }, ...again];
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
    if (charge?.token || charge?.authorizedAt) {
      throw conflict(
        'payment_in_progress',
        'A payment for this order is under way. Ask for the charge to see how it ended.',
      );
    }
    if (now >= Date.parse(order.expiresAt)) {
      throw conflict('order_expired', 'The time to pay is over. The ticket is let go.');
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
  (token: string, decline: Decline): Decision =>
  ({ charge }) =>
    charge?.token === token ? [{ type: 'charge.token_refused', decline }] : [];

/**
 * True when what the gateway says against the payment is about the card under way: until it is asked with the next card,
 * it speaks of the one before.
 */
export const isOfThisCard = ({ charge }: Payment, wasAsked = false) =>
  wasAsked ||
  isAuthorized(charge) ||
  charge?.nextAction != null ||
  (charge?.token != null && !charge.declines);

/** True when the buyer may try another card after this one was declined. `most` cards of an order may be. */
export const mayTryAnother = ({ order, charge }: Payment, most: number, now: number) =>
  charge?.status === 'created' &&
  !isAuthorized(charge) &&
  (charge.declines ?? 0) + 1 < most &&
  isPayable(order, now);

/** The card of this request was declined, and the payment stays open for another. */
export const noteDeclined =
  (requestId: string | undefined, decline: Decline): Decision =>
  ({ order, charge }) => {
    if (charge?.status !== 'created' || order === null || isAuthorized(charge)) return [];
    const isUnderWay = charge.token !== null || charge.nextAction !== null;
    if (!isUnderWay || lastRequest(charge) !== requestId) return [];
    const isOpen = order.status === 'awaiting_payment';
    const lookAgainAt = isOpen ? sayAgainFrom(order) : charge.lookAgainAt;
    return [{ type: 'charge.declined', decline, lookAgainAt }];
  };

/** True while the order waits for another card after one was declined. */
export const awaitsCard = ({ order, charge }: Payment, now: number) =>
  charge?.status === 'created' && charge.decline !== null && isPayable(order, now);

/** The id of the request that the card under way came with. */
export const lastRequest = (charge: Charge | null) => charge?.requests.at(-1)?.id;

const isPayable = (order: Order | null, now: number) =>
  order?.status === 'awaiting_payment' && now < Date.parse(order.expiresAt);

/** True when the gateway may be asked for the money now. */
export const mayConfirm = ({ order, charge }: Payment, now: number) =>
  charge?.status === 'created' && charge.token !== null && isPayable(order, now);

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
    if (isAuthorized(charge) && charge.token === null) return [];
    if (answer.status === 'authorized') {
      const authorizedAt = charge.authorizedAt ?? new Date(now).toISOString();
      const held = { ...answer, authorizedAt };
      return authorized(held, isCancelled(order) ? now : now + SAY_AGAIN_MS);
    }
    if (answer.nextAction && !isSame(answer.nextAction, charge.nextAction)) {
      return [{ type: 'charge.action_required', nextAction: answer.nextAction }];
    }
    return [];
  };
}

const authorized = (
  { authorizedAt, captureBefore }: Authorization,
  lookAgainAt: number,
): PaymentFact[] => [
  {
    type: 'charge.authorized',
    authorizedAt,
    ...(captureBefore !== undefined && { captureBefore }),
    lookAgainAt,
  },
];

const isSame = (one: NextAction, other: NextAction | null) =>
  JSON.stringify(one) === JSON.stringify(other);

const isCancelled = (order: Order | null) => order?.status === 'cancelled';

/** True while the money is held, and neither taken nor given back. */
export const isAuthorized = (charge: Charge | null): charge is Charge & Authorization =>
  charge?.status === 'created' && charge.authorizedAt !== undefined;

/** True when the money that is held may be taken: orders has secured the order. */
export const mayCapture = ({ order, charge }: Payment) =>
  isAuthorized(charge) && order?.status === 'awaiting_payment' && order.securedAt !== undefined;

/** True while orders has yet to answer that the money is held. */
export const awaitsDecision = (payment: Payment) =>
  isAuthorized(payment.charge) && !isCancelled(payment.order) && !mayCapture(payment);

/**
 * True for an open charge that must take no money any more: its order is cancelled, or should have ended a minute ago.
 * Money that is held is an answer to wait for, as long as the gateway holds it. Voiding fails the charge, which orders
 * answers by saying the order's end again.
 */
export const mustVoid = ({ order, charge }: Payment, now: number) =>
  charge?.status === 'created' &&
  order !== null &&
  (isCancelled(order) || now >= lastMoment(order, charge));

const lastMoment = (order: Order, charge: Charge) =>
  isAuthorized(charge)
    ? (charge.captureBefore ?? Number.POSITIVE_INFINITY) - LAST_HOUR_MS
    : sayAgainFrom(order);

const sayAgainFrom = (order: Order) => Date.parse(order.expiresAt) + SAY_AGAIN_MS;

/** The time to look after the charge: to settle, void, refund or say it again. Null when nothing is left to do. */
export function attentionAt(payment: Payment): number | null {
  const { order, charge } = payment;
  if (charge === null || order === null) return null;
  return isUnfinished(payment) || isWatched(charge) ? charge.lookAgainAt : null;
}

const isUnfinished = (payment: Payment) =>
  payment.charge?.status === 'created' || owesRefund(payment) || isEndUnknown(payment);

/** True while orders has not said how the order ended. */
export const isEndUnknown = ({ order }: Payment) =>
  order?.status !== 'completed' && order?.status !== 'cancelled';

/** Sets the next look before this one, so that a charge that keeps failing comes ever more rarely. */
export function lookAfter(now: number): Decision {
  return (payment) => {
    const { order, charge } = payment;
    const at = attentionAt(payment);
    if (order === null || charge === null || at === null || at > now) return [];
    const pause = Math.min(1000 * 2 ** charge.looks, LONGEST_PAUSE_MS);
    const next = now + (isUnfinished(payment) ? pause : watchAgainAfter(charge));
    const latest = sayAgainFrom(order);
    return [
      { type: 'charge.looked_after', lookAgainAt: now < latest ? Math.min(next, latest) : next },
    ];
  };
}

/** Says again what orders answers: that the money is held by its decision, an end by the order's end. */
export const remind =
  (now: number): Decision =>
  ({ charge }) =>
    charge === null ? [] : lastSaid(charge, now + SAY_AGAIN_MS);

/** The fact that was said last. Before the gateway has answered, nothing was. */
export const asItStands: Decision = ({ charge }) =>
  charge === null ? [] : lastSaid(charge, charge.lookAgainAt);

function lastSaid(charge: Charge, lookAgainAt: number): PaymentFact[] {
  if (isAuthorized(charge)) return authorized(charge, lookAgainAt);
  const { status, decline } = charge;
  if (status === 'completed') return [{ type: 'charge.completed', lookAgainAt }];
  return status === 'failed' ? [{ type: 'charge.failed', decline, lookAgainAt }] : [];
}
