/** Payment methods by the names of Stripe's test mode, and how each behaves. Names with `local` are the local Stripe's own. */
import type { Json, Method } from './model.ts';

interface Decline {
  code: string;
  decline_code?: string;
  message: string;
}

export interface Behaviour {
  type: 'card' | 'ideal' | 'us_bank_account';
  brand?: string;
  last4?: string;
  /** The buyer has to confirm the payment at their bank. */
  asks?: true;
  decline?: Decline;
  /** Only the capture is declined. */
  captureDecline?: Decline;
  /** How long the money is on its way, and what comes of it; null for one that never ends. */
  processing?: { ends: 'succeeded' | 'failed' | null };
  disputed?: true;
  refund?: 'pending' | 'fails';
}

const declined = (decline_code: string, message: string, code = 'card_declined'): Decline => ({
  code,
  decline_code,
  message,
});

const card = (more: Partial<Behaviour> = {}): Behaviour => ({
  type: 'card',
  brand: 'visa',
  last4: '4242',
  ...more,
});

const DECLINED = 'Your card was declined.';
const expired = declined('expired_card', 'Your card has expired.', 'expired_card');

const behaviours: Record<string, Behaviour> = {
  pm_card_visa: card(),
  pm_card_visa_debit: card({ last4: '5556' }),
  pm_card_mastercard: card({ brand: 'mastercard', last4: '4444' }),
  pm_card_amex: card({ brand: 'amex', last4: '8431' }),
  pm_card_discover: card({ brand: 'discover', last4: '9424' }),

  pm_card_chargeDeclined: card({ last4: '0002', decline: declined('generic_decline', DECLINED) }),
  pm_card_chargeDeclinedInsufficientFunds: card({
    last4: '9995',
    decline: declined('insufficient_funds', 'Your card has insufficient funds.'),
  }),
  pm_card_chargeDeclinedLostCard: card({ last4: '9987', decline: declined('lost_card', DECLINED) }),
  pm_card_chargeDeclinedStolenCard: card({
    last4: '9979',
    decline: declined('stolen_card', DECLINED),
  }),
  pm_card_chargeDeclinedFraudulent: card({
    last4: '0019',
    decline: declined('fraudulent', DECLINED),
  }),
  pm_card_chargeDeclinedExpiredCard: card({ last4: '0069', decline: expired }),
  pm_card_chargeDeclinedIncorrectCvc: card({
    last4: '0127',
    decline: declined('incorrect_cvc', "Your card's security code is incorrect.", 'incorrect_cvc'),
  }),
  pm_card_chargeDeclinedProcessingError: card({
    last4: '0119',
    decline: declined(
      'processing_error',
      'An error occurred while processing your card. Try again in a little bit.',
      'processing_error',
    ),
  }),
  pm_card_chargeDeclinedVelocityLimitExceeded: card({
    last4: '6975',
    decline: declined(
      'card_velocity_exceeded',
      'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
    ),
  }),

  pm_card_authenticationRequired: card({ last4: '3184', asks: true }),
  pm_card_threeDSecure2Required: card({ last4: '3220', asks: true }),
  pm_card_threeDSecureRequired: card({ last4: '3063', asks: true }),
  pm_card_threeDSecureRequiredChargeDeclined: card({
    last4: '1629',
    asks: true,
    decline: declined('generic_decline', DECLINED),
  }),

  pm_card_createDispute: card({ last4: '0259', disputed: true }),
  pm_card_refundFail: card({ last4: '5126', refund: 'fails' }),
  pm_card_pendingRefund: card({ last4: '7726', refund: 'pending' }),
  pm_local_captureExpired: card({
    captureDecline: {
      code: 'charge_expired_for_capture',
      message: 'The charge cannot be captured as the authorization has expired.',
    },
  }),

  pm_local_ideal: { type: 'ideal', asks: true },
  pm_usBankAccount: { type: 'us_bank_account', processing: { ends: 'succeeded' } },
  pm_usBankAccount_processing: { type: 'us_bank_account', processing: { ends: null } },
  pm_usBankAccount_insufficientFunds: {
    type: 'us_bank_account',
    processing: { ends: 'failed' },
    decline: declined(
      'insufficient_funds',
      'The customer’s account has insufficient funds to cover this payment.',
      'insufficient_funds',
    ),
  },
};

/** What `payment_method_data[type]` stands for. */
export const byType: Record<string, string> = {
  card: 'pm_card_visa',
  ideal: 'pm_local_ideal',
  us_bank_account: 'pm_usBankAccount',
};

/** The name as it stands here, of a test method that is known. */
export function testMethod(name: string): string | undefined {
  const known = name.replace(/^pm_card_visa_(charge|threeDSecure)/, 'pm_card_$1');
  return Object.hasOwn(behaviours, known) ? known : undefined;
}

/** The names of all methods of these types. */
export const methodsOf = (types: string[]): string[] =>
  Object.keys(behaviours).filter((name) => types.includes(behaviours[name]?.type ?? ''));

export const behaviourOf = ({ name }: Method) => behaviours[name] as Behaviour;

/** Types that lead the buyer to a page of their bank. */
export const redirects = new Set(['ideal']);

/** Currencies of the types that do not take any. */
const currencies: Record<string, string> = { ideal: 'eur', us_bank_account: 'usd' };

/** The types that take this currency. */
export const typesFor = (currency: string, mayRedirect: boolean): string[] =>
  ['card', 'ideal', 'us_bank_account'].filter(
    (type) => (currencies[type] ?? currency) === currency && (mayRedirect || !redirects.has(type)),
  );

/** Details of a card, as they are part of methods and of charges. */
export const cardOf = ({ brand, last4 }: Behaviour): Json => ({
  brand,
  last4,
  country: 'US',
  exp_month: 12,
  exp_year: 2034,
  fingerprint: `local${last4}`,
  funding: 'credit',
});
