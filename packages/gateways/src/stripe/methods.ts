/** What a buyer can pay with. The pages' form and the payment itself must have the same list, so both are made from it. */
import { toStripe } from './currency.ts';

/** The money can be held until orders has decided. */
const HELD = [
  ...['card', 'link', 'amazon_pay', 'cashapp', 'klarna', 'mobilepay', 'paypal', 'revolut_pay'],
  'satispay',
] as const;

/** Bank redirects, which move the money at once. */
const AT_ONCE = ['bancontact', 'eps', 'ideal', 'p24'] as const;

export interface Price {
  /** In the currency's minor unit. */
  amount: number;
  /** ISO 4217, lower case. */
  currency: string;
}

/**
 * What Stripe's form in the browser is opened with. Stripe itself leaves out the methods that the account, the currency or
 * the amount excludes, there and in the payment alike.
 */
export const elementsOptions = ({ amount, currency }: Price) => ({
  mode: 'payment' as const,
  amount: toStripe(amount, currency),
  currency,
  allowedPaymentMethodTypes: [...HELD, ...AT_ONCE] as string[],
});

/**
 * The same for the payment. Manual capture is asked for of each method that can hold: asked for in general, it would silently
 * exclude all that cannot.
 */
export function intentOptions(price: Price) {
  const { amount, currency, allowedPaymentMethodTypes } = elementsOptions(price);
  return {
    amount,
    currency,
    allowed_payment_method_types: allowedPaymentMethodTypes,
    payment_method_options: Object.fromEntries(
      HELD.map((method) => [method, { capture_method: 'manual' as const }]),
    ),
  };
}
