/** What the local Stripe keeps: a payment with all that became of it is one record, so that each act is saved whole. */
import type { Stored, TableDefinition } from '@fairseat/common/ports';

export type Json = Record<string, unknown>;

/** What is answered to a request. */
export interface Answer {
  status: number;
  body: Json;
}

/** An answer that is given again to the same idempotency key. */
export interface SavedAnswer extends Answer {
  key: string;
  /** Method, path and parameters of the request. */
  request: string;
  requestId: string;
  /** Milliseconds since the epoch, as all times here. */
  at: number;
}

export interface Method {
  id: string;
  /** The name in `test-methods.ts`, which says how it behaves. */
  name: string;
}

export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled';

export interface Intent {
  id: string;
  created: number;
  status: IntentStatus;
  amount: number;
  currency: string;
  clientSecret: string;
  /** Lets the buyer answer at the bank. */
  bankKey: string;
  /** Types of methods that may pay. */
  types: string[];
  /** The types among which the merchant lets Stripe choose; null for all. */
  allowed: string[] | null;
  mayRedirect: boolean;
  captureMethod: string;
  /** As `payment_method_options` was sent. */
  methodOptions: Record<string, Json>;
  metadata: Record<string, string>;
  description: string | null;
  receiptEmail: string | null;
  statementDescriptorSuffix: string | null;
  method: Method | null;
  returnUrl: string | null;
  /** Whether Stripe's script asks the buyer, and no page of its own. */
  inPlace: boolean;
  lastError: Json | null;
  canceledAt: number | null;
  cancellationReason: string | null;
}

export interface Charge {
  id: string;
  created: number;
  method: Method;
  amount: number;
  amountCaptured: number;
  status: 'succeeded' | 'pending' | 'failed';
  captured: boolean;
  /** Until when it can be captured; null for one that was captured at once. */
  captureBefore: number | null;
  failure: { code: string; message: string } | null;
}

export interface Refund {
  id: string;
  charge: string;
  created: number;
  amount: number;
  status: 'succeeded' | 'pending' | 'failed';
  reason: string | null;
  metadata: Record<string, string>;
}

export interface Dispute {
  id: string;
  charge: string;
  created: number;
  amount: number;
  status: 'needs_response' | 'under_review' | 'won' | 'lost';
  reason: string;
  evidence: string | null;
}

export interface Session {
  id: string;
  created: number;
  status: 'open' | 'complete' | 'expired';
  /** Whether the buyer has chosen a method: until then nobody sees the intent. */
  confirmed: boolean;
  expiresAt: number;
  lineItems: Json[];
  successUrl: string;
  cancelUrl: string | null;
  clientReferenceId: string | null;
  metadata: Record<string, string>;
}

/** An attempt to deliver an event. */
export interface Delivery {
  /** Which of the configured webhooks. */
  webhook: number;
  attempts: number;
  at: number;
}

/** Stripe's event, with the object as it was then. */
export interface Told {
  id: string;
  type: string;
  created: number;
  object: Json;
  request: { id: string; key: string | null } | null;
  /** What is still to be delivered. */
  deliveries: Delivery[];
}

/** What happens by itself. */
export interface Upcoming {
  at: number;
  what: 'authorization_ends' | 'processing_ends' | 'refund_ends' | 'dispute_opens' | 'session_ends';
  /** Of the charge, refund or session. */
  id: string;
}

interface Kept extends Stored {
  answers: SavedAnswer[];
}

export interface Payment extends Kept {
  kind: 'payment';
  intent: Intent;
  /** The Checkout session that the intent belongs to. */
  session: Session | null;
  charges: Charge[];
  refunds: Refund[];
  disputes: Dispute[];
  /** Confirmation tokens that were spent on it. */
  spentTokens: string[];
  told: Told[];
  upcoming: Upcoming[];
}

/** Card data that a page has sent ahead. */
export interface Token extends Kept {
  kind: 'token';
  method: Method;
  returnUrl: string | null;
}

/** The answer to a request that changed nothing. */
interface Note extends Kept {
  kind: 'note';
}

export type Entry = Payment | Token | Note;

export const DAY_MS = 86_400_000;
/** How long an idempotency key gets its first answer again. */
export const ANSWERS_KEPT_MS = 86_400_000;

const idsOf = (entry: Entry): string[] => {
  if (entry.kind !== 'payment') return [];
  const { intent, session, charges, refunds, disputes, told, spentTokens } = entry;
  const parts = [
    intent,
    ...(session ? [session] : []),
    ...charges,
    ...refunds,
    ...disputes,
    ...told,
  ];
  return [...parts.map(({ id }) => id), ...spentTokens.map((id) => `spent:${id}`)];
};

/** When it must be looked at next. */
export const wakesAt = (entry: Entry): number | null => {
  if (entry.kind !== 'payment') return null;
  const deliveries = entry.told.flatMap((told) => told.deliveries);
  const times = [...entry.upcoming, ...deliveries].map(({ at }) => at);
  return times.length > 0 ? Math.min(...times) : null;
};

/** Far beyond all that happens. */
const NEVER = 8.64e15;

export const entries: TableDefinition<Entry> = {
  name: 'entries',
  forgetAt: ({ kind, createdAt }) =>
    kind === 'payment' ? NEVER : Date.parse(createdAt) + ANSWERS_KEPT_MS,
  uniqueEach: {
    part: idsOf,
    answer: ({ answers }) => answers.map(({ key }) => key),
  },
  indexes: { wakes: wakesAt },
};
