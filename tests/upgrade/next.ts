/**
 * Makes the next version out of the sources while they load: an event more, a handler more, an index that a query needs, a
 * field more, and a value more in an enum.
 */
import { type Change, infect } from '../simulation/mutants/mutant.ts';

const changes: Change[] = [
  {
    file: 'packages/common/src/contracts/ticket.ts',
    find: `title: z.string().describe(`,
    replace: `doors: z.string().optional(), title: z.string().describe(`,
  },
  {
    file: 'packages/common/src/contracts/ticket.ts',
    find: `'ticket.created': ticketSchema.`,
    replace: `'ticket.announced': ticketSchema, 'ticket.created': ticketSchema.`,
  },
  {
    file: 'services/tickets/ticket.ts',
    find: `      ticket: { ...ticket, status: 'available', orderId: null, sayAgainAt: null },
    },`,
    replace: `      ticket: { ...ticket, doors: 'at 7', status: 'available', orderId: null, sayAgainAt: null },
    },
    { type: 'ticket.announced' },`,
  },
  {
    file: 'services/tickets/ticket.ts',
    find: `    case 'ticket.refused':
      return ticket;`,
    replace: `    case 'ticket.refused':
    case 'ticket.announced':
      return ticket;`,
  },
  {
    file: 'services/tickets/service.ts',
    find: 'seller: (ticket) => ticket.userId,',
    replace: 'seller: (ticket) => ticket.userId, lister: (ticket) => ticket.userId,',
  },
  {
    file: 'services/tickets/routes.ts',
    find: '(seller && { seller:',
    replace: '(seller && { lister:',
  },
  {
    file: 'services/orders/service.ts',
    find: `'ticket.created',`,
    replace: `'ticket.created', 'ticket.announced',`,
  },
  {
    file: 'services/orders/handlers.ts',
    find: `'ticket.created': keepListing,`,
    replace: `'ticket.created': keepListing,
    'ticket.announced': async ({ subject }) => console.log('announced ' + subject),`,
  },
  {
    file: 'packages/common/src/contracts/order.ts',
    find: `z.enum(['buyer', `,
    replace: `z.enum(['changed_mind', 'buyer', `,
  },
  {
    file: 'services/orders/order.ts',
    find: `isUnpaid(order) ? cancelled('buyer', now)`,
    replace: `isUnpaid(order) ? cancelled('changed_mind', now)`,
  },
];
for (const change of changes) infect(change);
