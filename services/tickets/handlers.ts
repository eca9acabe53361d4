import type { Records } from '@fairseat/common/kit';
import type { Clock, Handlers } from '@fairseat/common/ports';
import { lock, release, sell, type Ticket, type TicketFact } from './ticket.ts';

export const handlers = (tickets: Records<Ticket, TicketFact>, clock: Clock) =>
  ({
    'order.created': async ({ data }, { attempt }) => {
      await tickets.update(data.ticketId, lock(data, attempt, clock.now()));
    },
    'order.cancelled': async ({ data }) => {
      await tickets.update(data.ticketId, release(data.id));
    },
    'order.completed': async ({ data }) => {
      await tickets.update(data.ticketId, sell(data.id));
    },
  }) satisfies Handlers;
