import type { PaymentForm } from '@fairseat/common/contracts/payment-options';
import type {
  Appearance,
  Stripe,
  StripeElements,
  StripeElementsOptionsMode,
} from '@stripe/stripe-js';

/** Stripe's script runs in the browser and comes from Stripe alone. A part of the page that needs it loads it. */
const opened = new Map<string, Promise<Stripe>>();

/** @throws when the script cannot be loaded. */
function openStripe(publishableKey: string): Promise<Stripe> {
  const known = opened.get(publishableKey);
  if (known) return known;
  const opening = load(publishableKey);
  opened.set(publishableKey, opening);
  opening.catch(() => opened.delete(publishableKey));
  return opening;
}

async function load(publishableKey: string): Promise<Stripe> {
  const { loadStripe } = await import('@stripe/stripe-js/pure');
  const stripe = await loadStripe(publishableKey);
  if (stripe === null) throw new Error('There is no browser to run the script in.');
  return stripe;
}

/** The fields for a card, and other ways to pay, in a frame of Stripe's. */
export interface CardFields {
  stripe: Stripe;
  elements: StripeElements;
  close(): void;
}

/**
 * Opens the fields in an element of the page, and resolves once they can be used.
 * @throws when they cannot be loaded.
 */
export async function openCardFields(
  { publishableKey, elements: options }: PaymentForm,
  place: HTMLElement,
): Promise<CardFields> {
  const stripe = await openStripe(publishableKey);
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const appearance: Appearance = { theme: isDark ? 'night' : 'flat' };
  const elements = stripe.elements({ ...options, appearance } as StripeElementsOptionsMode);
  const payment = elements.create('payment');
  const ready = new Promise<void>((resolve, reject) => {
    payment.on('ready', () => resolve());
    payment.on('loaderror', ({ error }) => reject(error));
  });
  payment.mount(place);
  await ready;
  return { stripe, elements, close: () => payment.destroy() };
}

/**
 * Turns what was typed into a token, which pays once. To be called in the click that asks for it: wallets open their
 * window at no other time.
 * @param returnTo where a bank or wallet that leaves the page comes back to.
 */
export async function tokenOf({ stripe, elements }: CardFields, returnTo: string) {
  const { error: incomplete } = await elements.submit();
  if (incomplete) return { refusal: incomplete.message ?? INCOMPLETE };
  const { confirmationToken, error } = await stripe.createConfirmationToken({
    elements,
    params: { return_url: returnTo },
  });
  return confirmationToken ? { token: confirmationToken.id } : { refusal: error.message ?? FAILED };
}

const INCOMPLETE = 'Something is missing. Complete the card, then pay.';
const FAILED = 'The card could not be read. Nothing was paid: try again.';

/**
 * Has the buyer confirm on this page. Returns what Stripe says against it, or ''; how it ended, the services know.
 * @throws when the script cannot be loaded.
 */
export async function confirmHere(publishableKey: string, clientSecret: string): Promise<string> {
  const stripe = await openStripe(publishableKey);
  try {
    const { error } = await stripe.handleNextAction({ clientSecret });
    return error?.message ?? '';
  } catch {
    // There is nothing to confirm any more, for instance since another tab has done it.
    return '';
  }
}
