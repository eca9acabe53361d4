/** The record of an order, and every decision about it. */

import {
  type CancelReason,
  mustBeBuyer,
  type OrderRecord,
  SAY_AGAIN_MS,
  termsSchema,
} from '@fairseat/common/contracts/order';
import { conflict, forbidden } from '@fairseat/common/errors';
import type { AnyEvent, EventData } from '@fairseat/common/events';

export interface Order extends OrderRecord {
  requestHash: string | null;
  /** Which of its buyer's places it takes while it is unpaid; none without limits, or when 0.1.0 placed it. */
  place?: number;
  /** The number of its buyer's hold of this ticket: so many have ended unpaid before. */
  hold?: number;
  /** When its buyer let it go or its time was over, in milliseconds since the epoch; no other end counts. */
  letGoAt?: number;
  /** While secured: the time to say so again, unless it is completed by then. Milliseconds since the epoch. */
  sayAgainAt?: number;
}

/** What an order takes besides its ticket. */
export type Claim = Required<Pick<Order, 'place' | 'hold'>>;

/** A ticket as its events tell of it: with a status that a newer release added, it is `'other'`. */
export type Listing = EventData<'ticket.created'>;

export type OrderFact =
  | { type: 'order.created'; order: Omit<Order, 'version'> }
  | { type: 'order.awaiting_payment' }
  | { type: 'order.secured'; securedAt: string; sayAgainAt: number }
  | { type: 'order.cancelled'; reason: CancelReason; letGoAt?: number }
  | { type: 'order.completed' };

type Decision = (order: Order) => OrderFact[];

/** True while the order keeps its ticket from all others. */
export const isActive = ({ status }: Order) => status !== 'cancelled';

/** True while nothing is paid: the order can expire, be cancelled, and takes a place of its buyer. */
export const isUnpaid = ({ status, securedAt }: Order) =>
  status === 'created' || (status === 'awaiting_payment' && securedAt === undefined);

type SecuredOrder = Order & { securedAt: string; sayAgainAt: number };

/** True while the money is held and not taken yet: the ticket is the buyer's, unless the money cannot be taken. */
export const isSecured = (order: Order): order is SecuredOrder =>
  order.status === 'awaiting_payment' && order.securedAt !== undefined;

/**
 * What no other order may have. Of a buyer with all places taken, the next insert fails; an order that ended unpaid stays
 * in the way of its buyer's next for that ticket. All of one buyer's begin alike, and so lie side by side.
 */
export function claimsOf(order: Order): string[] {
  const { place, hold } = order;
  const isCounted = isUnpaid(order) || order.letGoAt !== undefined;
  return [
    ...(isUnpaid(order) && place !== undefined ? [placeOf(order, place)] : []),
    ...(isCounted && hold !== undefined ? [holdOf(order, hold)] : []),
  ];
}

export const placeOf = ({ userId }: Pick<Order, 'userId'>, place: number) => `${userId}/${place}`;

export const holdOf = ({ userId, ticketId }: Pick<Order, 'userId' | 'ticketId'>, hold: number) =>
  `${userId}/${ticketId}/${hold}`;

/**
 * A buyer orders a ticket, at the title and price they saw. The unique key on the ticket's id, not this decision,
 * keeps a second buyer out. A status that is not known refuses nobody either: the lock decides.
 * @throws Problem (403) for the buyer's own ticket, (409) when it is sold, withdrawn or not at the price that was seen.
 */
export function place(
  ticket: Listing,
  request: Pick<Order, 'id' | 'userId' | 'createdAt' | 'expiresAt' | 'requestHash'> &
    Partial<Claim>,
  seen = ticket.price,
): OrderFact[] {
  if (ticket.userId === request.userId) {
    throw forbidden('own_ticket', 'This is your own ticket. You cannot buy it.');
  }
  if (ticket.status === 'sold') throw conflict('ticket_sold', 'This ticket is sold.');
  if (ticket.status === 'withdrawn') {
    throw conflict('ticket_withdrawn', 'The seller has withdrawn this ticket.');
  }
  if (ticket.price !== seen) throw priceChanged(ticket);
  const terms = termsSchema.parse(ticket);
  return [
    {
      type: 'order.created',
      order: { ...request, ticketId: ticket.id, ticket: terms, status: 'created' },
    },
  ];
}

export const priceChanged = (ticket: Listing) =>
  conflict(
    'price_changed',
    'The seller has changed the price since you saw it. Look at it again.',
    { ticket },
  );

/** The lock was granted. It comes too late for an order that has ended, so the end is said again. */
export const confirm: Decision = (order) =>
  order.status === 'created' ? [{ type: 'order.awaiting_payment' }] : sayEndAgain(order);

/** The lock was refused. */
export const refuse: Decision = (order) =>
  order.status === 'created' ? cancelled('ticket_unavailable') : sayEndAgain(order);

/** The buyer lets the ticket go. @throws Problem (403) when the order is another's, (409) when it is paid. */
export function cancel(userId: string, now: number): Decision {
  return (order) => {
    mustBeBuyer(order, userId);
    if (order.status === 'completed') {
      throw conflict('order_completed', 'This order is paid and cannot be cancelled.');
    }
    if (isSecured(order)) {
      throw conflict('order_paid', 'This order is being paid and cannot be cancelled any more.');
    }
    return isUnpaid(order) ? cancelled('buyer', now) : [];
  };
}

/** An alarm fired. Only `expiresAt` and the clock of this service count. */
export function expire(now: number): Decision {
  return (order) => {
    if (!isUnpaid(order)) return sayEndAgain(order);
    return now >= Date.parse(order.expiresAt) ? cancelled('expired', now) : [];
  };
}

/**
 * The money is held, and waits for this decision. It secures the order even after `expiresAt`, unless the order has ended
 * before. To be asked again means that the answer was lost.
 */
export function secure(now: number): Decision {
  return (order) => {
    if (order.status !== 'awaiting_payment') return sayEndAgain(order);
    return secured(order.securedAt ?? new Date(now).toISOString(), now + SAY_AGAIN_MS);
  };
}

/** A secured order that is not completed yet: says so again, upon which payments takes the money. */
export function remind(now: number): Decision {
  return (order) => {
    if (!isSecured(order) || order.sayAgainAt > now) return [];
    return secured(order.securedAt, now + SAY_AGAIN_MS);
  };
}

const secured = (securedAt: string, sayAgainAt: number): OrderFact[] => [
  { type: 'order.secured', securedAt, sayAgainAt },
];

/** The money was taken. It completes the order even after `expiresAt`, unless the order has ended before. */
export const complete: Decision = (order) =>
  order.status === 'awaiting_payment' ? [{ type: 'order.completed' }] : sayEndAgain(order);

/** The payment has failed for good. */
export const fail: Decision = (order) =>
  isUnpaid(order) || isSecured(order) ? cancelled('payment_failed') : sayEndAgain(order);

/** The fact that says the order's state again. */
export const asItStands: Decision = (order) => {
  if (order.status === 'created') return [{ type: 'order.created', order }];
  if (isSecured(order)) return secured(order.securedAt, order.sayAgainAt);
  if (order.status === 'awaiting_payment') return [{ type: 'order.awaiting_payment' }];
  return sayEndAgain(order);
};

/** The sender has not received the order's end, so it is published again. */
const sayEndAgain: Decision = ({ status, reason }) => {
  if (status === 'completed') return [{ type: 'order.completed' }];
  return status === 'cancelled' && reason ? cancelled(reason) : [];
};

const cancelled = (reason: CancelReason, letGoAt?: number): OrderFact[] => [
  { type: 'order.cancelled', reason, ...(letGoAt !== undefined && { letGoAt }) },
];

export function evolve(order: Order | undefined, fact: OrderFact): Order {
  if (fact.type === 'order.created') return { ...fact.order, version: 1 };
  if (order === undefined) throw new Error(`${fact.type} of no order`);
  switch (fact.type) {
    case 'order.awaiting_payment':
      return { ...order, status: 'awaiting_payment' };
    case 'order.secured': {
      const { type: _, ...secured } = fact;
      return { ...order, ...secured };
    }
    case 'order.cancelled': {
      const { type: _, ...end } = fact;
      return { ...order, ...end, status: 'cancelled' };
    }
    case 'order.completed':
      return { ...order, status: 'completed' };
  }
}

/**
 * What a database that went back in time has lost: the request's hash is not published, so its key is used up, nor are
 * place and number, so that it counts for nothing. That it is secured is said again at once.
 */
export const restored = ({ data }: AnyEvent, current: Order | undefined): Order => ({
  requestHash: null,
  ...current,
  ...(data as OrderRecord),
  ...('securedAt' in data && { sayAgainAt: 1 }),
});
