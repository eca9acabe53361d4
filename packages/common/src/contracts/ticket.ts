import { z } from 'zod';
import { defineEvents } from '../define-events.ts';
import {
  body,
  characters,
  idSchema,
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
export const listingSchema = z.object({ title: z.string(), price: priceSchema });
export type Listing = z.infer<typeof listingSchema>;

export const ticketSchema = z.object({
  id: idSchema,
  ...listingSchema.shape,
  userId: idSchema.describe('The seller.'),
  orderId: idSchema.nullable().describe('The order that holds or bought the ticket, or null.'),
  status: z.enum(['available', 'reserved', 'sold', 'withdrawn']),
  version: versionSchema,
  createdAt: timeSchema,
});
export type TicketRecord = z.infer<typeof ticketSchema>;

/** The order that was refused the lock of a ticket, and the reason. */
const refusalSchema = z.object({
  orderId: idSchema,
  reason: z.enum(['reserved', 'sold', 'withdrawn', 'changed', 'expired', 'own_ticket']),
});
export type Refusal = z.infer<typeof refusalSchema>;

export const ticketEvents = defineEvents('tickets', {
  'ticket.created': ticketSchema,
  'ticket.updated': ticketSchema,
  'ticket.withdrawn': ticketSchema,
  'ticket.reserved': ticketSchema.extend({ orderId: idSchema }),
  'ticket.refused': ticketSchema.extend({ refusal: refusalSchema }),
  'ticket.released': ticketSchema,
  'ticket.sold': ticketSchema.extend({ orderId: idSchema }),
});

const wellFormed = (text: string) => text.isWellFormed() && !/\p{Cc}/u.test(text);

/** A title of 1 to 200 characters, without control characters; surrounding white space is dropped. */
const titleSchema = z
  .string('The title must be text.')
  .max(1000, 'The title may have at most 200 characters.')
  .refine(wellFormed, 'The title must not contain control characters or broken Unicode.')
  .trim()
  .min(1, 'The title must not be empty.')
  .refine((title) => characters(title) <= 200, 'The title may have at most 200 characters.');

/** A stored title was checked by the rules of its time; a new one is checked by these. */
export const ticketBodySchema = body({ ...listingSchema.shape, title: titleSchema });

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
