import { orderEvents } from '@fairseat/common/contracts/order';
import { defineService, sweep } from '@fairseat/common/kit';
import type { TableDefinition } from '@fairseat/common/ports';
import { handlers } from './handlers.ts';
import {
  asItStands,
  claimsOf,
  evolve,
  expire,
  isActive,
  isSecured,
  isUnpaid,
  type Listing,
  type Order,
  remind,
  restored,
} from './order.ts';
import { routes } from './routes.ts';

const table: TableDefinition<Order> = {
  name: 'orders',
  unique: {
    // Of two buyers of one ticket, the second insert fails.
    active_ticket: (order) => (isActive(order) ? order.ticketId : null),
  },
  uniqueEach: { claim: claimsOf },
  indexes: {
    buyer: (order) => order.userId,
    expires: (order) => (isUnpaid(order) ? Date.parse(order.expiresAt) : null),
    secured: (order) => (isSecured(order) ? order.sayAgainAt : null),
  },
};

/** A replica of the tickets, kept from their events. */
const listingTable: TableDefinition<Listing> = { name: 'listings' };

/** The alarm normally comes first; the sweep is for alarms that are lost. */
const SWEEP_GRACE_MS = 2000;
/** Money that is held is taken within moments. Later than this, an operator must look why not. */
const STUCK_MS = 60 * 60_000;

/** Decides which buyer gets a ticket, and until when they may pay. */
export const orders = defineService({
  name: 'orders',
  prefixes: ['/api/orders'],
  needs: [],
  publishes: orderEvents,
  hears: [
    'ticket.created',
    'ticket.updated',
    'ticket.withdrawn',
    'ticket.released',
    'ticket.sold',
    'ticket.reserved',
    'ticket.refused',
    'expiration.elapsed',
    'charge.authorized',
    'charge.completed',
    'charge.failed',
  ],
  build(context) {
    const { clock, log } = context;
    const records = context.records({ noun: 'order', table, evolve, asItStands, restored });
    const listings = context.table(listingTable);
    return {
      routes: routes(records, listings, context),
      handlers: handlers(records, listings, clock),
      tasks: [
        sweep(
          'cancel unpaid orders whose alarm did not ring',
          1000,
          (limit) => records.due('expires', clock.now() - SWEEP_GRACE_MS, limit),
          ({ id }) => records.update(id, expire(clock.now())),
        ),
        sweep(
          'say again secured orders whose money is not taken',
          1000,
          (limit) => records.due('secured', clock.now(), limit),
          async ({ id, securedAt = '' }) => {
            await records.update(id, remind(clock.now()));
            if (clock.now() - Date.parse(securedAt) < STUCK_MS) return;
            log.error({ orderId: id, securedAt }, 'the money for a secured order is not taken');
          },
        ),
      ],
    };
  },
});
