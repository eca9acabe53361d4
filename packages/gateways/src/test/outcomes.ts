/** What each test payment method comes to. */
import type { GatewayPayment, ListedPayment, Stored } from '@fairseat/common/ports';

/** A payment, as stored at the gateway. */
export interface TestPayment extends Stored, Omit<ListedPayment, 'refund'> {
  /** The idempotency keys of all confirmations so far. */
  confirmations: string[];
  refundId: string | null;
  /** How much was refunded, if that was not all. */
  refunded?: number | undefined;
  /** What a refund comes to, if it does not arrive at once. */
  refunding?: RefundEnd;
  /** When a refund that does not arrive at once has ended. Milliseconds since the epoch. */
  refundEndsAt?: number;
  /** When the money that is `processing` arrives. Milliseconds since the epoch. */
  arrivesAt?: number;
  /** True when its money is held and cannot be taken. */
  refusesCapture?: boolean;
}

type RefundEnd = 'arrives late' | 'comes back' | 'fails late';
type Outcome =
  | 'holds'
  | 'refuses capture'
  | 'takes'
  | 'processes'
  | 'asks'
  | RefundEnd
  | 'disputed'
  | Decline;
type Decline = NonNullable<GatewayPayment['decline']>;

const PROCESSING_MS = 60_000;
const REFUNDING_MS = 60 * 60_000;
/** As long as Visa, Mastercard and American Express hold money for whoever sells on the internet. */
const HELD_MS = 7 * 24 * 60 * 60_000;

export const methods: Record<string, Outcome> = {
  pm_card_visa: 'holds',
  pm_card_mastercard: 'holds',
  pm_card_chargeDeclined: { code: 'card_declined', message: 'Your card was declined.' },
  pm_card_chargeDeclinedInsufficientFunds: {
    code: 'insufficient_funds',
    message: 'Your card has insufficient funds.',
  },
  pm_card_authenticationRequired: 'asks',
  // Fairseat's own, for tests of slow answers, failures, and methods that hold no money.
  pm_fairseat_slow: 'holds',
  pm_fairseat_answerLost: 'holds',
  pm_fairseat_unavailable: 'holds',
  pm_fairseat_captureRefused: 'refuses capture',
  pm_fairseat_takesAtOnce: 'takes',
  pm_fairseat_processing: 'processes',
  pm_fairseat_refundPending: 'arrives late',
  pm_fairseat_refundFails: 'comes back',
  pm_fairseat_refundPendingFails: 'fails late',
  pm_fairseat_disputed: 'disputed',
};

/** What the contract suite of gateways may try on this one besides. */
export const testGatewayTricks = {
  answerLost: 'pm_fairseat_answerLost',
  unavailable: 'pm_fairseat_unavailable',
  takesAtOnce: 'pm_fairseat_takesAtOnce',
  processing: { token: 'pm_fairseat_processing', arrivesAfterMs: PROCESSING_MS },
  captureRefused: 'pm_fairseat_captureRefused',
  heldMs: HELD_MS,
  refundPending: { token: 'pm_fairseat_refundPending', endsAfterMs: REFUNDING_MS },
  refundFails: { token: 'pm_fairseat_refundFails', endsAfterMs: REFUNDING_MS },
  disputed: { token: 'pm_fairseat_disputed', afterMs: 0 },
};

export const authenticationFailed = {
  code: 'payment_intent_authentication_failure',
  message: 'The payment was not confirmed.',
};

/** What has become of a payment by now. */
export function asOf(now: number, payment: TestPayment): TestPayment {
  const { status, captureBefore = 0, arrivesAt = 0 } = payment;
  if (status === 'authorized' && now >= captureBefore) return { ...payment, status: 'cancelled' };
  if (status === 'processing' && now >= arrivesAt) return { ...payment, status: 'succeeded' };
  return payment;
}

export const held = (now: number) => ({
  status: 'authorized' as const,
  captureBefore: now + HELD_MS,
});

export function confirmed(
  payment: TestPayment,
  key: string,
  outcome: Outcome,
  now: number,
): Partial<TestPayment> {
  const { status, confirmations: before } = payment;
  const isOpen = status === 'unconfirmed' || status === 'requires_action';
  if (!isOpen || before.includes(key)) return {};
  return { confirmations: [...before, key], ...after(payment, outcome, now) };
}

function after({ id, amount }: TestPayment, outcome: Outcome, now: number): Partial<TestPayment> {
  switch (outcome) {
    case 'holds':
      return held(now);
    case 'refuses capture':
      return { ...held(now), refusesCapture: true };
    case 'takes':
      return { status: 'succeeded' };
    case 'processes':
      return { status: 'processing', arrivesAt: now + PROCESSING_MS };
    case 'asks':
      return { status: 'requires_action' };
    case 'arrives late':
    case 'comes back':
    case 'fails late':
      return { status: 'succeeded', refunding: outcome };
    case 'disputed': {
      const dispute = { id: `dp_${id}`, status: 'open' as const, amount, reason: 'fraudulent' };
      return { status: 'succeeded', dispute };
    }
    default:
      return { status: 'unconfirmed', decline: outcome };
  }
}

/** All that is left goes back, once for one id. */
export function refunded(payment: TestPayment, id: string, now: number): Partial<TestPayment> {
  if (payment.status !== 'succeeded') throw new Error(`Payment ${payment.id} has taken no money`);
  const { refundId, refunded: part } = payment;
  const isDone = refundId !== null && part === undefined;
  return isDone ? {} : { refundId: id, refunded: undefined, refundEndsAt: now + REFUNDING_MS };
}

function refundOf(payment: TestPayment, now: number): GatewayPayment['refund'] {
  const { refundId: id, refunding, refundEndsAt = 0, amount, refunded = amount } = payment;
  if (id === null) return undefined;
  const hasEnded = now >= refundEndsAt;
  const isBack = (refunding === 'comes back' || refunding === 'fails late') && hasEnded;
  const isPending = (refunding === 'arrives late' || refunding === 'fails late') && !hasEnded;
  const status = isBack ? 'failed' : isPending ? 'pending' : 'succeeded';
  return { id, status, amount: refunded };
}

export function answer(payment: TestPayment, now: number): GatewayPayment {
  const { id, status, amount, decline, dispute, captureBefore } = payment;
  const refund = refundOf(payment, now);
  return {
    id,
    status,
    amount,
    ...(refund && { refund }),
    ...(dispute && { dispute }),
    ...(status === 'authorized' && captureBefore !== undefined && { captureBefore }),
    ...(status === 'unconfirmed' && decline && { decline }),
    ...(status === 'requires_action' && {
      nextAction: { type: 'confirm' as const, url: `/api/test-gateway/${id}/confirm` },
    }),
  };
}
