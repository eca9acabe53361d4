import { z } from 'zod';
import { defineEvents } from '../define-events.ts';
import {
  body,
  idSchema,
  lineSchema,
  nextCursorSchema,
  pageQuery,
  priceSchema,
  timeSchema,
  versionSchema,
} from './shared.ts';

/**
 * The part of a ticket that its seller sets. A further field is one line here, `optional()` since earlier tickets lack
 * it: the record, bodies, answers, events and edits then have it.
 */
export const listingSchema = z.object({
  title: z.string().describe('What is for sale, in the seller’s words.'),
  price: priceSchema.describe('In the minor unit of the marketplace’s currency, such as cents.'),
});
export type Listing = z.infer<typeof listingSchema>;

export const ticketSchema = z.object({
  id: idSchema.describe('The ticket.'),
  ...listingSchema.shape,
  userId: idSchema.describe('The seller.'),
  orderId: idSchema.nullable().describe('The order that holds or bought the ticket, or null.'),
  status: z
    .enum(['available', 'reserved', 'sold', 'withdrawn'])
    .describe('`reserved` while an order holds it; `sold` and `withdrawn` are for good.'),
  version: versionSchema,
  createdAt: timeSchema.describe('When it was listed.'),
});
export type TicketRecord = z.infer<typeof ticketSchema>;

/** The order that was refused the lock of a ticket, and the reason. */
const refusalSchema = z.object({
  orderId: idSchema.describe('The order that asked for the lock.'),
  reason: z
    .enum(['reserved', 'sold', 'withdrawn', 'changed', 'expired', 'own_ticket'])
    .describe('What stood in the way, such as another order or another price.'),
});
export type Refusal = z.infer<typeof refusalSchema>;

export const ticketEvents = defineEvents('tickets', {
  'ticket.created': ticketSchema.describe('A seller has listed a ticket.'),
  'ticket.updated': ticketSchema.describe('Its seller has changed a ticket that nobody holds.'),
  'ticket.withdrawn': ticketSchema.describe('Its seller has taken a ticket back.'),
  'ticket.reserved': ticketSchema
    .extend({ orderId: idSchema.describe('The order that holds it.') })
    .describe('A ticket is locked for an order: nobody else can buy it, nor its seller change it.'),
  'ticket.refused': ticketSchema
    .extend({ refusal: refusalSchema.describe('Which order was refused, and why.') })
    .describe('An order was refused the lock of a ticket, which stays as it was.'),
  'ticket.released': ticketSchema.describe(
    'A ticket is for sale again, since its order has ended.',
  ),
  'ticket.sold': ticketSchema
    .extend({ orderId: idSchema.describe('The order that bought it.') })
    .describe('A ticket belongs to the buyer of its order for good.'),
});

/** A stored title was checked by the rules of its time; a new one is checked by these. */
export const ticketBodySchema = body({
  ...listingSchema.shape,
  title: lineSchema('title', 200),
}).meta({ examples: [{ title: 'Front row, Friday', price: 4990 }] });

/** `If-Match` (RFC 9110): a change is made only to a version that the caller has seen. */
export const ifMatchHeaders = z.object({
  'if-match': z
    .string()
    .max(1000, 'Send one ETag, such as "7".')
    .optional()
    .describe('The ETag of the ticket as you saw it. Another version is refused with 412.'),
});

const flag = z.enum(['true', 'false'], 'Use true or false.').default('false');
export const ticketListQuery = z.strictObject({
  ...pageQuery,
  q: z
    .string('Search for one text.')
    .max(200, 'Search for at most 200 characters.')
    .optional()
    .describe('Words in the title.'),
  available: flag.describe('Only tickets that can be bought now.'),
  mine: flag.describe('Only your own tickets, whatever their state.'),
});

export const ticketPageSchema = z.object({
  tickets: z.array(ticketSchema),
  nextCursor: nextCursorSchema,
});
