/** The objects of Stripe's API, made from what is kept. */
import {
  type Charge,
  DAY_MS,
  type Dispute,
  type Json,
  type Payment,
  type Refund,
} from './model.ts';
import { billing, chargedWith, common, seconds } from './render-method.ts';

/** Where the local Stripe's own pages are. */
export type Origin = string;

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

export const refundsOf = ({ refunds }: Payment, charge: Charge) =>
  refunds.filter((refund) => refund.charge === charge.id);

/** What was given back, or is on its way back. */
export const refundedOf = (payment: Payment, charge: Charge) =>
  sum(
    refundsOf(payment, charge).flatMap(({ status, amount }) => (status === 'failed' ? [] : amount)),
  );

export const bankUrl = (origin: Origin, { intent }: Payment) =>
  `${origin}/bank/${intent.id}?key=${intent.bankKey}`;

function nextActionOf({ intent }: Payment, url: string): Json | null {
  if (intent.status !== 'requires_action') return null;
  if (!intent.inPlace) {
    return { type: 'redirect_to_url', redirect_to_url: { url, return_url: intent.returnUrl } };
  }
  const stripe_js = { type: 'three_d_secure_redirect', stripe_js: url, source: null };
  return { type: 'use_stripe_sdk', use_stripe_sdk: stripe_js };
}

export const latestOf = ({ charges }: Payment) => charges.at(-1);

export function renderIntent(payment: Payment, origin: Origin): Json {
  const { intent } = payment;
  const charge = latestOf(payment);
  const isTaken = intent.status === 'succeeded';
  return {
    ...common('payment_intent', intent),
    allowed_payment_method_types: intent.allowed,
    amount: intent.amount,
    amount_capturable: intent.status === 'requires_capture' ? intent.amount : 0,
    amount_details: { tip: {} },
    amount_received: isTaken ? (charge?.amountCaptured ?? 0) : 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: intent.allowed
      ? null
      : { enabled: true, allow_redirects: intent.mayRedirect ? 'always' : 'never' },
    canceled_at: intent.canceledAt && seconds(intent.canceledAt),
    cancellation_reason: intent.cancellationReason,
    capture_method: intent.captureMethod,
    client_secret: intent.clientSecret,
    confirmation_method: 'automatic',
    currency: intent.currency,
    customer: null,
    customer_account: null,
    description: intent.description,
    excluded_payment_method_types: null,
    last_payment_error: intent.lastError,
    latest_charge: charge?.id ?? null,
    managed_payments: null,
    metadata: intent.metadata,
    next_action: nextActionOf(payment, bankUrl(origin, payment)),
    on_behalf_of: null,
    payment_method: intent.method?.id ?? null,
    payment_method_configuration_details: null,
    payment_method_options: renderMethodOptions(payment),
    payment_method_types: intent.types,
    payment_record: null,
    processing: null,
    receipt_email: intent.receiptEmail,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: intent.statementDescriptorSuffix,
    status: intent.status,
    transfer_data: null,
    transfer_group: null,
  };
}

function renderMethodOptions({ intent: { types, methodOptions } }: Payment): Json {
  const card = { installments: null, mandate_options: null, network: null };
  const defaults: Record<string, Json> = {
    card: { ...card, request_three_d_secure: 'automatic' },
    us_bank_account: { verification_method: 'automatic' },
  };
  return Object.fromEntries(
    types.map((type) => [type, { ...defaults[type], ...methodOptions[type] }]),
  );
}

export function renderCharge(payment: Payment, charge: Charge): Json {
  const { intent, disputes } = payment;
  const refunded = refundedOf(payment, charge);
  const { failure } = charge;
  return {
    ...common('charge', charge),
    amount: charge.amount,
    amount_captured: charge.amountCaptured,
    amount_refunded: refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: billing,
    calculated_statement_descriptor: null,
    captured: charge.captured,
    currency: intent.currency,
    customer: null,
    description: intent.description,
    disputed: disputes.some((dispute) => dispute.charge === charge.id),
    failure_balance_transaction: null,
    failure_code: failure?.code ?? null,
    failure_message: failure?.message ?? null,
    fraud_details: {},
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: null,
    paid: charge.status === 'succeeded',
    payment_intent: intent.id,
    payment_method: charge.method.id,
    payment_method_details: chargedWith(charge),
    receipt_email: intent.receiptEmail,
    receipt_number: null,
    receipt_url: null,
    refunded: refunded === charge.amount,
    review: null,
    shipping: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: intent.statementDescriptorSuffix,
    status: charge.status,
    transfer_data: null,
    transfer_group: null,
  };
}

export function renderRefund({ intent }: Payment, refund: Refund): Json {
  return {
    ...common('refund', refund),
    livemode: undefined,
    amount: refund.amount,
    balance_transaction: null,
    charge: refund.charge,
    currency: intent.currency,
    destination_details: { type: 'card' },
    ...(refund.status === 'failed' && { failure_reason: 'expired_or_canceled_card' }),
    ...(refund.status === 'pending' && { pending_reason: 'processing' }),
    metadata: refund.metadata,
    payment_intent: intent.id,
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  };
}

const DISPUTE_ENDS_AFTER_MS = 7 * DAY_MS;

export function renderDispute({ intent }: Payment, dispute: Dispute): Json {
  const isOpen = dispute.status === 'needs_response';
  return {
    ...common('dispute', dispute),
    amount: dispute.amount,
    balance_transactions: [],
    charge: dispute.charge,
    currency: intent.currency,
    enhanced_eligibility_types: [],
    evidence: { enhanced_evidence: {}, uncategorized_text: dispute.evidence },
    evidence_details: {
      due_by: isOpen ? seconds(dispute.created + DISPUTE_ENDS_AFTER_MS) : null,
      enhanced_eligibility: {},
      has_evidence: dispute.evidence !== null,
      past_due: false,
      submission_count: dispute.evidence === null ? 0 : 1,
    },
    is_charge_refundable: false,
    metadata: {},
    payment_intent: intent.id,
    reason: dispute.reason,
    status: dispute.status,
  };
}
