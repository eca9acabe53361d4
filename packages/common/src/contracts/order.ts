import { z } from 'zod';
import { defineEvents } from '../define-events.ts';
import { forbidden } from '../errors.ts';
import {
  body,
  idempotencyHeaders,
  idSchema,
  nextCursorSchema,
  pageQuery,
  priceSchema,
  timeSchema,
  versionSchema,
} from './shared.ts';
import { listingSchema } from './ticket.ts';

/** The terms that bind buyer and seller: an order is refused a ticket that differs in any of them. */
export const termsSchema = listingSchema.pick({ title: true, price: true });

const cancelReasonSchema = z.enum(['buyer', 'expired', 'payment_failed', 'ticket_unavailable']);
export type CancelReason = z.infer<typeof cancelReasonSchema>;

export const orderSchema = z.object({
  id: idSchema.describe('The order.'),
  userId: idSchema.describe('The buyer.'),
  status: z
    .enum(['created', 'awaiting_payment', 'completed', 'cancelled'])
    .describe('`created` until the ticket is locked; the last two are for good.'),
  ticketId: idSchema.describe('The ticket that is bought.'),
  expiresAt: timeSchema.describe('Until when the ticket is held and may be paid.'),
  reason: cancelReasonSchema.optional().describe('Why the order was cancelled.'),
  ticket: termsSchema.describe('The ticket as it was when the order was placed.'),
  version: versionSchema,
  createdAt: timeSchema.describe('When it was placed.'),
  securedAt: timeSchema
    .optional()
    .describe('Since when the ticket is the buyer’s: the money is held, and taken next.'),
});
export type OrderRecord = z.infer<typeof orderSchema>;

/** @throws Problem (403) when the user is not the buyer. */
export function mustBeBuyer({ userId: buyer }: Pick<OrderRecord, 'userId'>, userId: string) {
  if (buyer !== userId) throw forbidden('not_your_order', 'This order is not yours.');
}

/**
 * A lock or charge is said again this long after its order should have ended, and then at this interval until the
 * order's end is received: orders answers by saying that end again. So are, without waiting for that time, money that is
 * held until its order is secured, and a secured order until it is completed.
 */
export const SAY_AGAIN_MS = 60_000;

export const orderEvents = defineEvents('orders', {
  'order.created': orderSchema.describe(
    'A buyer has ordered a ticket, which is to be locked for them.',
  ),
  'order.awaiting_payment': orderSchema.describe(
    'The ticket is locked for the order, which can be paid until `expiresAt`.',
  ),
  'order.secured': orderSchema
    .extend({
      securedAt: timeSchema.describe('Since when the ticket is the buyer’s for the held money.'),
    })
    .describe(
      'The money for an order is held, and it can neither expire nor be cancelled any more.',
    ),
  'order.cancelled': orderSchema
    .extend({ reason: cancelReasonSchema.describe('Why the order was cancelled.') })
    .describe('An order has ended without a sale: its ticket is let go, and its money given back.'),
  'order.completed': orderSchema.describe('An order is paid, and its ticket sold.'),
});

export const newOrderSchema = body({
  ticketId: idSchema,
  price: priceSchema
    .optional()
    .describe('The price that the buyer saw. At any other price nothing is ordered.'),
});
export const orderListQuery = z.strictObject(pageQuery);
export const orderPageSchema = z.object({
  orders: z.array(orderSchema),
  nextCursor: nextCursorSchema,
});

/** `Prefer: wait=N` (RFC 7240): the answer waits for the outcome, N seconds at most. */
export const preferHeaders = z.object({
  prefer: z
    .string()
    .max(1000, 'Use wait=N, with at most 10 seconds.')
    .optional()
    .describe('wait=N, at most 10 seconds'),
  ...idempotencyHeaders.shape,
});
