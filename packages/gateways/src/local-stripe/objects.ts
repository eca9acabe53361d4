/** Objects by their ids, and what is expanded in them. */
import { invalid, missing } from './failure.ts';
import type { Json, Payment, Session, Token, Told } from './model.ts';
import {
  type Origin,
  refundsOf,
  renderCharge,
  renderDispute,
  renderIntent,
  renderRefund,
} from './render.ts';
import { common, previewOf, renderMethod, seconds } from './render-method.ts';

const API_VERSION = '2026-10-28.endive';

const MOST_LEVELS = 4;

const isShown = ({ session }: Payment) => session === null || session.confirmed;

/** The object of this id, which the payment holds; undefined if it does not. */
export function findObject(payment: Payment, id: string, origin: Origin): Json | undefined {
  const { intent, session, charges, refunds, disputes, told } = payment;
  const withId = (each: { id: string }) => each.id === id;
  if (session && withId(session)) return renderSession(payment, session, origin);
  if (withId(intent)) return isShown(payment) ? renderIntent(payment, origin) : undefined;
  const charge = charges.find(withId);
  if (charge) return renderCharge(payment, charge);
  const refund = refunds.find(withId);
  if (refund) return renderRefund(payment, refund);
  const dispute = disputes.find(withId);
  if (dispute) return renderDispute(payment, dispute);
  const event = told.find(withId);
  if (event) return renderEvent(event);
  const method = [intent, ...charges].find((each) => each.method?.id === id)?.method;
  return method ? renderMethod(method, intent.created) : undefined;
}

/** All objects of a kind, the oldest first. */
export function objectsOf(payment: Payment, kind: ListedKind): { id: string; created: number }[] {
  if (kind === 'intent') return isShown(payment) ? [payment.intent] : [];
  if (kind === 'session') return payment.session ? [payment.session] : [];
  return payment[kind];
}

export type ListedKind = 'intent' | 'session' | 'charges' | 'refunds' | 'disputes' | 'told';

/**
 * Puts objects in the place of their ids, by paths such as `latest_charge.refunds`.
 * @throws Failure when something there cannot be expanded.
 */
export function expand(payment: Payment, object: Json, paths: string[], origin: Origin): Json {
  const expanded = structuredClone(object);
  for (const path of paths) {
    const names = path.split('.');
    if (names.length > MOST_LEVELS) {
      throw invalid(`You cannot expand more than ${MOST_LEVELS} levels of a property.`);
    }
    follow(payment, expanded, names, origin);
  }
  return expanded;
}

/** What Stripe expands, in whatever object has it. */
const EXPANDABLE = new Set([
  ...['charge', 'latest_charge', 'line_items', 'payment_intent', 'payment_method', 'refunds'],
  ...['application', 'balance_transaction', 'customer', 'on_behalf_of', 'review', 'source'],
]);

function follow(payment: Payment, object: Json, [name = '', ...rest]: string[], origin: Origin) {
  const value = name in object ? object[name] : listIn(payment, object, name);
  if (value === undefined || !EXPANDABLE.has(name)) {
    throw invalid(`This property cannot be expanded (${name}).`, { param: 'expand' });
  }
  const found = typeof value === 'string' ? findObject(payment, value, origin) : value;
  object[name] = found;
  if (rest.length > 0 && found) follow(payment, found as Json, rest, origin);
}

/** A list that is left out unless it is asked for. */
function listIn(payment: Payment, { object, id }: Json, name: string): Json | undefined {
  const charge = payment.charges.find((each) => each.id === id);
  if (name === 'refunds' && charge) {
    const refunds = refundsOf(payment, charge).toReversed();
    return page(
      refunds.map((refund) => renderRefund(payment, refund)),
      false,
      `/v1/charges/${charge.id}/refunds`,
    );
  }
  if (name === 'line_items' && object === 'checkout.session' && payment.session) {
    return page(payment.session.lineItems, false, `/v1/checkout/sessions/${id}/line_items`);
  }
  return undefined;
}

export const page = (data: Json[], has_more: boolean, url: string): Json => ({
  object: 'list',
  data,
  has_more,
  url,
});

export function renderEvent(told: Told): Json {
  return {
    id: told.id,
    object: 'event',
    api_version: API_VERSION,
    created: seconds(told.created),
    data: { object: told.object },
    livemode: false,
    pending_webhooks: told.deliveries.length,
    request: {
      id: told.request?.id ?? null,
      idempotency_key: told.request?.key ?? null,
    },
    type: told.type,
  };
}

/** How long a page may wait before it spends what it sent ahead. */
export const TOKEN_LASTS_MS = 12 * 3_600_000;

export function renderToken(token: Token, spentOn: string | null): Json {
  const created = Date.parse(token.createdAt);
  return {
    ...common('confirmation_token', { id: token.id, created }),
    expires_at: spentOn === null ? seconds(created + TOKEN_LASTS_MS) : null,
    mandate_data: null,
    payment_intent: spentOn,
    payment_method_options: { card: { cvc_token: null } },
    payment_method_preview: {
      ...previewOf(token.method),
      allow_redisplay: 'unspecified',
      customer: null,
    },
    return_url: token.returnUrl,
    setup_future_usage: null,
    setup_intent: null,
    shipping: null,
    use_stripe_sdk: true,
  };
}

function renderSession(payment: Payment, session: Session, origin: Origin): Json {
  const { intent } = payment;
  const isComplete = session.status === 'complete';
  const isPaid = isComplete && intent.status === 'succeeded';
  return {
    ...common('checkout.session', session),
    amount_subtotal: intent.amount,
    amount_total: intent.amount,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: session.cancelUrl,
    client_reference_id: session.clientReferenceId,
    client_secret: null,
    currency: intent.currency,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer: null,
    customer_details: null,
    customer_email: null,
    expires_at: seconds(session.expiresAt),
    metadata: session.metadata,
    mode: 'payment',
    payment_intent: session.confirmed ? intent.id : null,
    payment_link: null,
    payment_method_options: intent.methodOptions,
    payment_method_types: intent.types,
    payment_status: isPaid ? 'paid' : 'unpaid',
    phone_number_collection: { enabled: false },
    recovered_from: null,
    setup_intent: null,
    shipping_options: [],
    status: session.status,
    submit_type: null,
    subscription: null,
    success_url: session.successUrl,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page',
    url: session.status === 'open' ? `${origin}/checkout/${session.id}` : null,
  };
}

/** @throws Failure (404) */
export function objectOf(payment: Payment, id: string, what: string, origin: Origin): Json {
  const object = findObject(payment, id, origin);
  if (!object) throw missing(what, id);
  return object;
}
