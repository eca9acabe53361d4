import { z } from 'zod';
import { MAX_PRICE } from './shared.ts';

/** What Stripe's script is given to ask for a payment. The payment must be opened with the same values. */
const paymentFormSchema = z.object({
  publishableKey: z.string().describe('Names the account. Everybody may read it.'),
  elements: z.object({
    mode: z.literal('payment'),
    amount: z
      .number()
      .int()
      .nonnegative()
      .describe('As Stripe counts: in some currencies unlike the price.'),
    currency: z.string().describe('ISO 4217, lower case.'),
    allowedPaymentMethodTypes: z.array(z.string()).describe('Stripe shows those that fit.'),
    captureMethod: z.enum(['manual', 'automatic', 'automatic_async']).optional(),
  }),
});
export type PaymentForm = z.infer<typeof paymentFormSchema>;

export const paymentOptionsSchema = z.object({
  testMode: z.boolean().describe('Whether no real money moves.'),
  gateway: z
    .enum(['test', 'stripe', 'local-stripe'])
    .describe('Who takes the money. `local-stripe` stands in for Stripe on this machine.'),
  afterDecline: z
    .enum(['cancel', 'retry'])
    .describe('What follows a declined card: the order ends, or another card may be tried.'),
  form: paymentFormSchema
    .optional()
    .describe('For Stripe.js, at the given price. Without it only test cards are taken.'),
});
export type PaymentOptions = z.infer<typeof paymentOptionsSchema>;

const WHOLE = 'The price must be a whole number of the smallest unit, such as 4990.';
export const paymentOptionsQuery = z.strictObject({
  price: z.coerce
    .number(WHOLE)
    .int(WHOLE)
    .min(1, 'The price must be at least 1.')
    .max(MAX_PRICE, `The price must be at most ${MAX_PRICE}.`)
    .optional()
    .describe('What is to be paid, in the smallest unit of the currency.'),
});
