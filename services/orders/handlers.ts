import type { AnyEvent, EventType } from '@fairseat/common/events';
import type { Records } from '@fairseat/common/kit';
import type { Clock, Handlers, Table } from '@fairseat/common/ports';
import {
  complete,
  confirm,
  expire,
  fail,
  type Listing,
  type Order,
  type OrderFact,
  refuse,
  secure,
} from './order.ts';

type TicketEvent = Extract<AnyEvent, { type: EventType & `ticket.${string}` }>;

export function handlers(
  orders: Records<Order, OrderFact>,
  listings: Table<Listing>,
  clock: Clock,
) {
  const keepListing = ({ data }: TicketEvent) => listings.keepNewest(data);

  return {
    'ticket.created': keepListing,
    'ticket.updated': keepListing,
    'ticket.withdrawn': keepListing,
    'ticket.released': keepListing,
    'ticket.sold': keepListing,
    // A reserved ticket keeps its title, price and seller, so the listing is still right.
    'ticket.reserved': async ({ data }) => {
      await orders.update(data.orderId, confirm);
    },
    // Our listing may be stale, which may be why the lock was refused, so it is refreshed first. The reason decides nothing.
    'ticket.refused': async ({ data: { refusal, ...ticket } }) => {
      await listings.keepNewest(ticket);
      await orders.update(refusal.orderId, refuse);
    },
    'expiration.elapsed': async ({ data }) => {
      await orders.update(data.orderId, expire(clock.now()));
    },
    'charge.authorized': async ({ data }) => {
      await orders.update(data.orderId, secure(clock.now()));
    },
    'charge.completed': async ({ data }) => {
      await orders.update(data.orderId, complete);
    },
    'charge.failed': async ({ data }) => {
      await orders.update(data.orderId, fail);
    },
  } satisfies Handlers;
}
