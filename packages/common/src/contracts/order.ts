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
  id: idSchema,
  userId: idSchema.describe('The buyer.'),
  status: z.enum(['created', 'awaiting_payment', 'completed', 'cancelled']),
  ticketId: idSchema,
  expiresAt: timeSchema.describe('Until when the ticket is held and may be paid.'),
  reason: cancelReasonSchema.optional().describe('Why the order was cancelled.'),
  ticket: termsSchema.describe('The ticket as it was when the order was placed.'),
  version: versionSchema,
  createdAt: timeSchema,
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
  'order.created': orderSchema,
  'order.awaiting_payment': orderSchema,
  'order.secured': orderSchema.extend({ securedAt: timeSchema }),
  'order.cancelled': orderSchema.extend({ reason: cancelReasonSchema }),
  'order.completed': orderSchema,
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
