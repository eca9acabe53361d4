/** Messages from Stripe. They are believed in nothing but which payment to look at. */
import type { Clock, PaymentGateway } from '@fairseat/common/ports';
import type { Stripe } from 'stripe';
import { badSignature, isRefusal, translated } from './errors.ts';

const MAX_AGE_SECONDS = 300;

/** The part that is read of an event with its object ("snapshot") and of one that only names it ("thin"). */
interface Event {
  object?: string;
  data?: { object?: { object?: string; id?: string; payment_intent?: string | { id: string } } };
  related_object?: { type?: string; id?: string } | null;
}

type Verify = NonNullable<PaymentGateway['verify']>;

/** Any of the secrets may have signed: each registered address has its own, and an old one stays valid for a while. */
export function createVerify(stripe: Stripe, secrets: string[], clock: Clock): Verify {
  const isSigned = (body: Uint8Array, header: string, secret: string) => {
    try {
      return stripe.webhooks.signature?.verifyHeader(
        ...[body, header, secret, MAX_AGE_SECONDS, undefined, clock.now()],
      );
    } catch {
      return false;
    }
  };

  return async (body, { 'stripe-signature': header }) => {
    if (typeof header !== 'string') throw badSignature();
    if (!secrets.some((secret) => isSigned(body, header, secret))) throw badSignature();
    const event = parsed(body);
    if (event === undefined) throw badSignature();
    if (event.object !== 'v2.core.event') return paymentOf(event.data?.object);
    const { type, id } = event.related_object ?? {};
    return id === undefined ? undefined : find(type, id);
  };

  async function find(type: string | undefined, id: string) {
    if (type === 'payment_intent') return id;
    try {
      if (type === 'charge') return paymentOf(await stripe.charges.retrieve(id));
      if (type === 'refund') return paymentOf(await stripe.refunds.retrieve(id));
      if (type === 'dispute') return paymentOf(await stripe.disputes.retrieve(id));
    } catch (error) {
      // Stripe has no such thing, or not for this account.
      if (!isRefusal(error)) throw translated(error);
    }
    return undefined;
  }
}

type Subject = {
  object?: string;
  id?: string;
  payment_intent?: string | { id: string } | null;
};

function paymentOf(subject: Subject | undefined): string | undefined {
  if (subject?.object === 'payment_intent') return subject.id;
  const payment = subject?.payment_intent;
  return (typeof payment === 'string' ? payment : payment?.id) ?? undefined;
}

/** Undefined for what is no JSON: Stripe does not sign that. */
function parsed(body: Uint8Array): Event | undefined {
  try {
    return JSON.parse(Buffer.from(body).toString()) ?? undefined;
  } catch {
    return undefined;
  }
}
