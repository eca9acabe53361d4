/**
 * The public shape of every record: what the API answers and what events carry.
 * Money is an integer in the currency's minor unit; times are ISO 8601 in UTC.
 */
import { z } from 'zod';
import { forbidden } from './errors.ts';

/** What every stored record has. */
export interface Stored {
  id: string;
  /** 1 when inserted, raised by one at each write. */
  version: number;
  /** ISO 8601; never changes. Pages are ordered by it, newest first. */
  createdAt: string;
}

/** An opaque id: 32 lower-case hexadecimal digits. */
export const idSchema = z
  .string('An id is text.')
  .regex(/^[0-9a-f]{32}$/, 'This is not an id that Fairseat has given out.');

const timeSchema = z.iso.datetime();

/** The highest price, in minor units: 999,999.99 of a currency with cents. */
export const MAX_PRICE = 99_999_999;

/** A price in the currency's minor unit (cents): a whole number from 1 to 99,999,999. */
export const priceSchema = z
  .number({ error: 'The price must be a whole number of the smallest unit, for example 4990.' })
  .int('The price must be a whole number of the smallest unit, for example 4990.')
  .min(1, 'The price must be at least 1.')
  .max(MAX_PRICE, 'The price must be at most 99999999.');

export const userSchema = z.object({ id: idSchema, email: z.string() });
export type User = z.infer<typeof userSchema>;

export const ticketSchema = z.object({
  id: idSchema,
  title: z.string(),
  price: priceSchema,
  userId: idSchema.describe('The seller.'),
  orderId: idSchema.nullable().describe('The order that holds or bought the ticket, or null.'),
  status: z.enum(['available', 'reserved', 'sold', 'withdrawn']),
  version: z.int().positive().describe('Raised by one at each change.'),
  createdAt: timeSchema,
});
export type TicketRecord = z.infer<typeof ticketSchema>;

export const cancelReasonSchema = z.enum([
  'buyer',
  'expired',
  'payment_failed',
  'ticket_unavailable',
]);
export type CancelReason = z.infer<typeof cancelReasonSchema>;

export const orderSchema = z.object({
  id: idSchema,
  userId: idSchema.describe('The buyer.'),
  status: z.enum(['created', 'awaiting_payment', 'completed', 'cancelled']),
  ticketId: idSchema,
  expiresAt: timeSchema.describe('Until when the ticket is held and may be paid.'),
  reason: cancelReasonSchema.optional().describe('Why the order was cancelled.'),
  ticket: z
    .object({ title: z.string(), price: priceSchema })
    .describe('The ticket as it was when the order was placed.'),
  version: z.int().positive().describe('Raised by one at each change.'),
  createdAt: timeSchema,
});
export type OrderRecord = z.infer<typeof orderSchema>;

/** @throws Problem 403 */
export function mustBeBuyer(order: OrderRecord, userId: string) {
  if (order.userId !== userId) throw forbidden('not_your_order', 'This order is not yours.');
}

/**
 * Whoever holds a lock or a charge for an order publishes its last event again so long after the order should have
 * ended, and then each time, until the end is received: orders answers by publishing it again.
 */
export const SAY_AGAIN_MS = 60_000;

const nextActionSchema = z.object({
  type: z.literal('confirm'),
  url: z.string().describe('Where the buyer confirms the payment.'),
});
export type NextAction = z.infer<typeof nextActionSchema>;

export const chargeSchema = z.object({
  id: idSchema,
  orderId: idSchema,
  status: z.enum(['created', 'failed', 'completed']),
  amount: priceSchema,
  currency: z.string().describe('ISO 4217, lower case.'),
  stripeId: z.string().nullable().describe("The payment's id at the payment gateway."),
  stripeRefundId: z.string().nullable().describe("The refund's id at the payment gateway."),
  nextAction: nextActionSchema.optional().describe('What the buyer must do next.'),
  decline: z
    .object({ code: z.string(), message: z.string().describe('For the buyer to read.') })
    .nullish()
    .describe('Why the payment was declined.'),
});
export type ChargeRecord = z.infer<typeof chargeSchema>;
