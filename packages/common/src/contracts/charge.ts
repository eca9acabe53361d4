import { z } from 'zod';
import { defineEvents } from '../define-events.ts';
import { body, idSchema, priceSchema, timeSchema } from './shared.ts';

const confirmSchema = z.object({
  type: z.literal('confirm').describe('The buyer confirms it on a page.'),
  url: z.string().describe('Where the buyer confirms the payment.'),
});
const nextActionSchema = z.discriminatedUnion('type', [
  confirmSchema,
  z.object({
    type: z.literal('redirect'),
    url: z.string().describe('The page of the bank where the buyer confirms the payment.'),
  }),
  z.object({
    type: z.literal('stripe'),
    clientSecret: z.string().describe("For Stripe's script, which asks the buyer on this page."),
  }),
]);
export type NextAction = z.infer<typeof nextActionSchema>;

/** Where the buyer goes on; '' where a script asks. */
export const addressOf = (action: NextAction | undefined) =>
  action && 'url' in action ? action.url : '';

/**
 * What has become of a payment at the gateway. `authorized`: the money is held for us and can be captured or given back.
 * `processing`: the outcome comes later, and the payment can neither be confirmed nor cancelled until then.
 */
export type PaymentStatus =
  | 'unconfirmed'
  | 'requires_action'
  | 'processing'
  | 'authorized'
  | 'succeeded'
  | 'cancelled';

const refundSchema = z.object({
  id: z.string().describe('Of the newest refund, at the payment gateway.'),
  status: z
    .enum(['pending', 'succeeded', 'failed'])
    .describe('`pending` until the bank has it; `failed` when the bank sent it back.'),
  amount: priceSchema.describe('How much of the charge is given back, in all.'),
});
export type Refund = z.infer<typeof refundSchema>;

const disputeSchema = z.object({
  id: z.string().describe('At the payment gateway.'),
  status: z
    .enum(['open', 'won', 'lost'])
    .describe("`won` when the seller's side keeps the money, `lost` when the bank took it back."),
  amount: priceSchema.describe('How much of the charge is disputed.'),
  reason: z.string().describe("In the payment gateway's words, such as `fraudulent`."),
});
export type Dispute = z.infer<typeof disputeSchema>;

export const chargeSchema = z.object({
  id: idSchema.describe('The charge.'),
  orderId: idSchema.describe('The order that is paid.'),
  status: z
    .enum(['created', 'failed', 'completed'])
    .describe('`created` until the money is taken or the charge has failed for good.'),
  amount: priceSchema.describe('In the minor unit of `currency`.'),
  currency: z.string().describe('ISO 4217, lower case.'),
  stripeId: z.string().nullable().describe("The payment's id at the payment gateway."),
  stripeRefundId: z.string().nullable().describe("The refund's id at the payment gateway."),
  nextAction: confirmSchema.optional().describe('Not in events: nobody but the buyer may know.'),
  decline: z
    .object({
      code: z.string().describe('For programs.'),
      message: z.string().describe('For the buyer to read.'),
    })
    .nullish()
    .describe('Why the payment was declined.'),
  authorizedAt: timeSchema
    .optional()
    .describe('When the money was held for us. It is taken once the order is secured.'),
  refund: refundSchema.optional().describe('What was given back, by Fairseat or by an operator.'),
  dispute: disputeSchema.optional().describe('The buyer has asked their bank for the money.'),
});
/** A charge as its buyer is told of it. */
export const ownChargeSchema = chargeSchema.extend({
  nextAction: nextActionSchema.optional().describe('What the buyer must do next.'),
  declines: z
    .int()
    .nonnegative()
    .optional()
    .describe('How many cards were declined after which others may be tried.'),
});
export type ChargeRecord = z.infer<typeof ownChargeSchema>;

export const chargeEvents = defineEvents(
  'payments',
  {
    'charge.authorized': chargeSchema
      .extend({ authorizedAt: timeSchema.describe('When the money was held for us.') })
      .describe('The money for an order is held, and waits for the order to be secured.'),
    'charge.completed': chargeSchema.describe('The money for an order was taken.'),
    'charge.failed': chargeSchema.describe('A charge has failed for good: no money was taken.'),
    'charge.refunded': chargeSchema.describe('Money that was taken is given back, or on its way.'),
    'charge.refund_failed': chargeSchema
      .extend({ refund: refundSchema.describe('The refund that came back.') })
      .describe(
        'A refund came back: the buyer’s money is with us again, for an operator to see to.',
      ),
    'charge.disputed': chargeSchema
      .extend({ dispute: disputeSchema.describe('What the buyer told their bank.') })
      .describe('A buyer has asked their bank for the money of a charge.'),
    'charge.dispute_closed': chargeSchema
      .extend({ dispute: disputeSchema.describe('How it ended.') })
      .describe('The bank has decided on a dispute.'),
  },
  'orderId',
);

export const newPaymentSchema = body({
  orderId: idSchema,
  token: z
    .string('The token must be text.')
    .regex(/^[A-Za-z0-9_]{1,255}$/, 'This is not a payment method token.')
    .describe('A payment method, for example pm_card_visa.')
    .meta({ examples: ['pm_card_visa'] }),
});
export const authenticationSchema = body({
  approve: z.boolean('Use true or false.').describe('Whether the buyer confirms the payment.'),
});

export const settlePaymentSchema = body({}).nullish();

export const byOrderId = z.strictObject({ orderId: idSchema });
export const byPaymentId = z.strictObject({ id: z.string().regex(/^\w{1,64}$/) });
