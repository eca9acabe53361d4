/** A service that is added in the middle of a run. It keeps a copy of every ticket and order, and publishes nothing. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { defineService } from '@fairseat/common/kit';

export const archive = defineService({
  name: 'archive',
  prefixes: [],
  needs: [],
  hears: [
    'ticket.created',
    'ticket.updated',
    'ticket.reserved',
    'ticket.released',
    'ticket.refused',
    'ticket.sold',
    'ticket.withdrawn',
    'order.created',
    'order.awaiting_payment',
    'order.cancelled',
    'order.completed',
  ],
  build({ table }) {
    const tickets = table<TicketRecord>({ name: 'tickets' });
    const orders = table<OrderRecord>({ name: 'orders' });
    const keepTicket = ({ data }: { data: object }) => tickets.keepNewest(data as TicketRecord);
    const keepOrder = ({ data }: { data: object }) => orders.keepNewest(data as OrderRecord);
    return {
      handlers: {
        'ticket.created': keepTicket,
        'ticket.updated': keepTicket,
        'ticket.reserved': keepTicket,
        'ticket.released': keepTicket,
        'ticket.refused': keepTicket,
        'ticket.sold': keepTicket,
        'ticket.withdrawn': keepTicket,
        'order.created': keepOrder,
        'order.awaiting_payment': keepOrder,
        'order.cancelled': keepOrder,
        'order.completed': keepOrder,
      },
    };
  },
});
