/** Stripe's payment as the port tells of it. */
import type { GatewayPayment } from '@fairseat/common/ports';
import type { Stripe } from 'stripe';
import { fromStripe } from './currency.ts';

type Intent = Stripe.PaymentIntent;
type Refund = NonNullable<GatewayPayment['refund']>;
type Dispute = NonNullable<GatewayPayment['dispute']>;

/** What `toPayment` reads besides the intent itself. */
export const EXPAND = ['latest_charge.refunds'];

const statuses: Partial<Record<Intent['status'], GatewayPayment['status']>> = {
  requires_payment_method: 'unconfirmed',
  requires_confirmation: 'unconfirmed',
  requires_action: 'requires_action',
  processing: 'processing',
  requires_capture: 'authorized',
  succeeded: 'succeeded',
  canceled: 'cancelled',
};

export const LIST_EXPAND = EXPAND.map((path) => `data.${path}`);

/** The intent must have been read with `EXPAND`. */
export function toPayment(intent: Intent): GatewayPayment {
  const { id, amount, currency, last_payment_error: error } = intent;
  // Nothing is done to a payment whose status is unheard of.
  const status = statuses[intent.status] ?? 'processing';
  const charge = intent.latest_charge as Stripe.Charge | null;
  const captureBefore = charge?.payment_method_details?.card?.capture_before;
  return {
    id,
    status,
    amount: fromStripe(amount, currency),
    ...(isOpenOrOver(status) && error && { decline: declineOf(error) }),
    ...(status === 'requires_action' && { nextAction: nextActionOf(intent) }),
    ...(status === 'authorized' && captureBefore && { captureBefore: captureBefore * 1000 }),
    ...(status === 'succeeded' && refundOf(charge, currency)),
  };
}

/** Whoever looks once a declined payment is cancelled must still learn why. */
const isOpenOrOver = (status: GatewayPayment['status']) =>
  status === 'unconfirmed' || status === 'cancelled';

/**
 * The bank's reason where it gives one. What is no error of the card is worded for programmers, as that the buyer did not
 * confirm.
 */
function declineOf({
  type,
  code,
  decline_code: reason,
  message,
}: Stripe.PaymentIntent.LastPaymentError) {
  return {
    code: (reason === 'generic_decline' ? undefined : reason) ?? code ?? 'card_declined',
    message: type === 'card_error' && message ? message : 'The payment was not confirmed.',
  };
}

function nextActionOf({ next_action: action, client_secret: clientSecret }: Intent) {
  const url = action?.redirect_to_url?.url;
  if (url) return { type: 'redirect' as const, url };
  return { type: 'stripe' as const, clientSecret: clientSecret ?? '' };
}

/** What failed or was cancelled gave nothing back. */
function refundOf(charge: Stripe.Charge | null, currency: string) {
  const all = charge?.refunds?.data ?? [];
  const good = all.filter(isGood);
  const [newest] = good.length > 0 ? good : all;
  if (!charge || !newest) return {};
  const amount = fromStripe(good.length > 0 ? charge.amount_refunded : newest.amount, currency);
  return { refund: { id: newest.id, status: statusOf(good), amount } };
}

const isGood = ({ status }: Stripe.Refund) => status !== 'failed' && status !== 'canceled';

function statusOf(good: Stripe.Refund[]): Refund['status'] {
  if (good.length === 0) return 'failed';
  return good.every(({ status }) => status === 'succeeded') ? 'succeeded' : 'pending';
}

/** Inquiries that end without a dispute leave the money here, as a dispute that is won does. */
const verdicts: Partial<Record<Stripe.Dispute['status'], Dispute['status']>> = {
  won: 'won',
  warning_closed: 'won',
  prevented: 'won',
  lost: 'lost',
};

export const isDisputed = ({ latest_charge: charge }: Intent) =>
  (charge as Stripe.Charge | null)?.disputed === true;

export const toDispute = ({ id, status, amount, currency, reason }: Stripe.Dispute): Dispute => ({
  ...{ id, reason, status: verdicts[status] ?? 'open' },
  amount: fromStripe(amount, currency),
});
