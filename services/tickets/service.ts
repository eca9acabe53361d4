import { ticketEvents } from '@fairseat/common/contracts/ticket';
import { defineService, sweep } from '@fairseat/common/kit';
import type { TableDefinition } from '@fairseat/common/ports';
import { handlers } from './handlers.ts';
import { routes } from './routes.ts';
import { asItStands, evolve, remind, restored, type Ticket } from './ticket.ts';

const table: TableDefinition<Ticket> = {
  name: 'tickets',
  listed: true,
  indexes: {
    status: (ticket) => (ticket.status === 'available' ? ticket.status : null),
    seller: (ticket) => ticket.userId,
    say_again: (ticket) => ticket.sayAgainAt,
  },
  text: (ticket) => ticket.title,
  // A lock is no end: it would write all words anew.
  ended: { index: 'status', is: ({ status }) => status === 'sold' || status === 'withdrawn' },
};

/** Keeps the tickets, and locks each for one order at a time. */
export const tickets = defineService({
  name: 'tickets',
  prefixes: ['/api/tickets'],
  needs: ['rateLimiter'],
  publishes: ticketEvents,
  hears: ['order.created', 'order.cancelled', 'order.completed'],
  build(context) {
    const { clock } = context;
    const records = context.records({ noun: 'ticket', table, evolve, asItStands, restored });
    return {
      routes: routes(records, context),
      handlers: handlers(records, clock),
      tasks: [
        sweep(
          'say again the locks of orders whose end has not arrived',
          1000,
          (limit) => records.due('say_again', clock.now(), limit),
          ({ id }) => records.update(id, remind(clock.now())),
        ),
      ],
    };
  },
});
