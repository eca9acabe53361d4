/** The record of a ticket, and every decision about it. */

import { SAY_AGAIN_MS, termsSchema } from '@fairseat/common/contracts/order';
import { sameIn } from '@fairseat/common/contracts/shared';
import {
  type Listing,
  listingSchema,
  type Refusal,
  type TicketRecord,
  ticketSchema,
} from '@fairseat/common/contracts/ticket';
import { conflict, forbidden, NotYet, Problem } from '@fairseat/common/errors';
import type { AnyEvent, EventData } from '@fairseat/common/events';
import { asSaved, openSchema } from '@fairseat/common/open-schema';

export interface Ticket extends TicketRecord {
  requestHash: string | null;
  /** While reserved: the time to say so again, unless its order has ended by then. Milliseconds since the epoch. */
  sayAgainAt: number | null;
}

const isSame = sameIn(listingSchema);
const isAsSeen = sameIn(termsSchema);
const noListing: object = Object.fromEntries(
  Object.keys(listingSchema.shape).map((field) => [field, undefined]),
);

export type TicketFact =
  | { type: 'ticket.created'; ticket: Omit<Ticket, 'version'> }
  | ({ type: 'ticket.updated' } & Listing)
  | { type: 'ticket.withdrawn' }
  | { type: 'ticket.reserved'; orderId: string; sayAgainAt: number }
  | { type: 'ticket.refused'; refusal: Refusal }
  | { type: 'ticket.released' }
  | { type: 'ticket.sold' };

type Order = EventData<'order.created'>;

/** The holder's end may still be on its way, so a lock is tried about 20 times in 2 seconds. */
const LOCK_ATTEMPTS = 20;

export function create(
  ticket: Listing & Pick<Ticket, 'id' | 'userId' | 'createdAt' | 'requestHash'>,
): TicketFact[] {
  return [
    {
      type: 'ticket.created',
      ticket: { ...ticket, status: 'available', orderId: null, sayAgainAt: null },
    },
  ];
}

/** Tells whether a version is one of those that the request is meant for. */
type IsMeant = (version: number) => boolean;

/**
 * @throws Problem (403) when the user is not the seller, (409) when the ticket is not available, (412) when it is of a
 * version that the request is not meant for.
 */
export function edit(userId: string, change: Listing, isMeant: IsMeant = () => true) {
  return (ticket: Ticket): TicketFact[] => {
    mustBeSeller(ticket, userId);
    mustBeAvailable(ticket);
    mustBeMeant(ticket, isMeant);
    return isSame(ticket, change) ? [] : [{ type: 'ticket.updated', ...change }];
  };
}

/**
 * @throws Problem (403) when the user is not the seller, (409) when the ticket is reserved or sold, (412) when it is of
 * a version that the request is not meant for.
 */
export function withdraw(userId: string, isMeant: IsMeant = () => true) {
  return (ticket: Ticket): TicketFact[] => {
    mustBeSeller(ticket, userId);
    if (ticket.status === 'withdrawn') return [];
    mustBeAvailable(ticket);
    mustBeMeant(ticket, isMeant);
    return [{ type: 'ticket.withdrawn' }];
  };
}

/**
 * An order asks for the lock, which is granted only at the title and price that the buyer saw.
 * @throws NotYet while another order holds the ticket, whose end may be on its way.
 */
export function lock(order: Order, attempt: number, now: number) {
  return (ticket: Ticket): TicketFact[] => {
    if (ticket.orderId === order.id) return [];
    const expiresAt = Date.parse(order.expiresAt);
    const reason = whyRefused(ticket, order, now >= expiresAt);
    if (reason === 'reserved' && attempt < LOCK_ATTEMPTS) throw new NotYet('held by another order');
    if (reason) return [{ type: 'ticket.refused', refusal: { orderId: order.id, reason } }];
    return [{ type: 'ticket.reserved', orderId: order.id, sayAgainAt: expiresAt + SAY_AGAIN_MS }];
  };
}

function whyRefused(ticket: Ticket, order: Order, expired: boolean): Refusal['reason'] | undefined {
  if (expired) return 'expired';
  if (ticket.status !== 'available') return ticket.status;
  if (ticket.userId === order.userId) return 'own_ticket';
  return isAsSeen(ticket, order.ticket) ? undefined : 'changed';
}

/** An order was cancelled: the lock is released if that order holds it. */
export function release(orderId: string) {
  return (ticket: Ticket): TicketFact[] =>
    ticket.status === 'reserved' && ticket.orderId === orderId ? [{ type: 'ticket.released' }] : [];
}

/** An order was paid. @throws Error when it does not hold the ticket. */
export function sell(orderId: string) {
  return (ticket: Ticket): TicketFact[] => {
    if (ticket.orderId !== orderId) {
      throw new Error(`Order ${orderId} is paid, but ticket ${ticket.id} is not held by it`);
    }
    return ticket.status === 'sold' ? [] : [{ type: 'ticket.sold' }];
  };
}

/** The order's end has not arrived: says the lock again, which orders answers by saying that end again. */
export function remind(now: number) {
  return (ticket: Ticket): TicketFact[] => {
    const { orderId, sayAgainAt } = ticket;
    if (orderId === null || sayAgainAt === null || sayAgainAt > now) return [];
    return [{ type: 'ticket.reserved', orderId, sayAgainAt: now + SAY_AGAIN_MS }];
  };
}

/** The fact that says the ticket's state again. */
export function asItStands(ticket: Ticket): TicketFact[] {
  const { status, orderId, sayAgainAt } = ticket;
  if (status === 'available') return [{ type: 'ticket.updated', ...listingSchema.parse(ticket) }];
  if (status === 'withdrawn') return [{ type: 'ticket.withdrawn' }];
  if (status === 'sold') return [{ type: 'ticket.sold' }];
  return orderId && sayAgainAt ? [{ type: 'ticket.reserved', orderId, sayAgainAt }] : [];
}

export function evolve(ticket: Ticket | undefined, fact: TicketFact): Ticket {
  if (fact.type === 'ticket.created') return { ...fact.ticket, version: 1 };
  if (ticket === undefined) throw new Error(`${fact.type} of no ticket`);
  switch (fact.type) {
    case 'ticket.updated': {
      const { type: _, ...listing } = fact;
      // A field that the seller leaves out is removed.
      return { ...ticket, ...noListing, ...listing };
    }
    case 'ticket.withdrawn':
      return { ...ticket, status: 'withdrawn' };
    case 'ticket.reserved':
      return {
        ...ticket,
        status: 'reserved',
        orderId: fact.orderId,
        sayAgainAt: fact.sayAgainAt,
      };
    case 'ticket.released':
      return { ...ticket, status: 'available', orderId: null, sayAgainAt: null };
    case 'ticket.sold':
      return { ...ticket, status: 'sold', sayAgainAt: null };
    case 'ticket.refused':
      return ticket;
  }
}

function mustBeSeller(ticket: Ticket, userId: string) {
  if (ticket.userId !== userId) {
    throw forbidden('not_your_ticket', 'Only its seller may change a ticket.');
  }
}

function mustBeAvailable({ status }: Ticket) {
  if (status === 'reserved') {
    throw conflict('ticket_reserved', 'A buyer holds this ticket. It can be changed once let go.');
  }
  if (status === 'sold') throw conflict('ticket_sold', 'This ticket is sold.');
  if (status === 'withdrawn') throw conflict('ticket_withdrawn', 'This ticket was withdrawn.');
}

function mustBeMeant(ticket: Ticket, isMeant: IsMeant) {
  if (isMeant(ticket.version)) return;
  const { requestHash: _, sayAgainAt: __, ...shown } = ticket;
  throw new Problem(
    412,
    'changed_meanwhile',
    'This ticket has changed since you read it. Look at it again, then decide.',
    { extensions: { ticket: shown } },
  );
}

const savedTicket = openSchema(ticketSchema, asSaved);

/** What a database that went back in time has lost. A lock is said again at once, which its order then answers. */
export const restored = ({ data }: AnyEvent, current: Ticket | undefined): Ticket => {
  const ticket = savedTicket.parse(data) as TicketRecord;
  return {
    ...ticket,
    requestHash: current?.requestHash ?? null,
    sayAgainAt: ticket.status === 'reserved' ? 1 : null,
  };
};
