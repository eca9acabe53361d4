import { z } from 'zod';
import { defineEvents } from '../define-events.ts';
import { body, idSchema, priceSchema } from './shared.ts';

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

export const chargeEvents = defineEvents('payments', {
  'charge.completed': chargeSchema,
  'charge.failed': chargeSchema,
  'charge.refunded': chargeSchema,
});

export const newPaymentSchema = body({
  orderId: idSchema,
  token: z
    .string('The token must be text.')
    .regex(/^[A-Za-z0-9_]{1,255}$/, 'This is not a payment method token.')
    .describe('A payment method, for example pm_card_visa.'),
});
export const authenticationSchema = body({
  approve: z.boolean('Use true or false.').describe('Whether the buyer confirms the payment.'),
});

export const byOrderId = z.strictObject({ orderId: idSchema });
export const byPaymentId = z.strictObject({ id: z.string().regex(/^\w{1,64}$/) });
