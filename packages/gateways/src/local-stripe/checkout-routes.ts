/** Paths of Checkout sessions. */
import { z } from 'zod';
import { invalid } from './failure.ts';
import { listing, listOf } from './lists.ts';
import type { Json } from './model.ts';
import { checkAmount, currency } from './money.ts';
import { anything, expand, integer, list, metadata, text } from './parameters.ts';
import { route } from './route.ts';
import { createSession, expireSession } from './sessions.ts';
import { typesFor } from './test-methods.ts';

const SHORTEST_MS = 30 * 60_000;
const LONGEST_MS = 24 * 3_600_000;

const lineItem = z.strictObject({
  quantity: integer(1),
  price_data: z.strictObject({
    currency,
    unit_amount: integer(0),
    product_data: z.looseObject({ name: text() }),
  }),
});

const creation = z.strictObject({
  mode: z.enum(['payment']),
  line_items: list(lineItem),
  success_url: z.url(),
  cancel_url: z.url().optional(),
  client_reference_id: text(200).optional(),
  customer_email: text().optional(),
  expires_at: integer(0).optional(),
  metadata: metadata.optional(),
  payment_intent_data: z
    .strictObject({
      capture_method: z.enum(['automatic', 'automatic_async', 'manual']).optional(),
      description: z.string().optional(),
      metadata: metadata.optional(),
    })
    .optional(),
  payment_method_options: z.record(z.string(), anything).optional(),
  ui_mode: z.enum(['hosted_page']).optional(),
  expand,
});

type LineItem = z.output<typeof lineItem>;

const create = route('POST', '/v1/checkout/sessions', creation, (call, asked) => {
  const { now } = call.scene;
  const expiresAt = asked.expires_at === undefined ? now + LONGEST_MS : asked.expires_at * 1000;
  if (expiresAt < now + SHORTEST_MS - 1000 || expiresAt > now + LONGEST_MS) {
    throw invalid(
      'The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.',
      { param: 'expires_at' },
    );
  }
  const [first] = asked.line_items;
  if (!first) throw invalid('Missing required param: line_items.', { code: 'parameter_missing' });
  const code = first.price_data.currency;
  const amount = asked.line_items
    .map(({ quantity, price_data }) => quantity * price_data.unit_amount)
    .reduce((total, price) => total + price, 0);
  checkAmount(amount, code);
  const data = asked.payment_intent_data;
  const payment = createSession(
    call.scene,
    {
      amount,
      currency: code,
      types: typesFor(code, true),
      allowed: null,
      mayRedirect: true,
      captureMethod: data?.capture_method ?? 'automatic_async',
      methodOptions: asked.payment_method_options ?? {},
      metadata: data?.metadata ?? {},
      description: data?.description ?? null,
      receiptEmail: null,
      statementDescriptorSuffix: null,
    },
    {
      expiresAt,
      lineItems: asked.line_items.map((item) => renderItem(item, call.scene.newId('li'))),
      successUrl: asked.success_url,
      cancelUrl: asked.cancel_url ?? null,
      clientReferenceId: asked.client_reference_id ?? null,
      metadata: asked.metadata ?? {},
    },
  );
  return call.create(payment, () => (payment.session as { id: string }).id);
});

function renderItem({ quantity, price_data }: LineItem, id: string): Json {
  const total = quantity * price_data.unit_amount;
  return {
    id,
    object: 'item',
    amount_discount: 0,
    amount_subtotal: total,
    amount_tax: 0,
    amount_total: total,
    currency: price_data.currency,
    description: price_data.product_data.name,
    metadata: {},
    price: null,
    quantity,
  };
}

const retrieve = route(
  'GET',
  '/v1/checkout/sessions/:id',
  z.strictObject({ expand }),
  async (call, _, id) => call.show(await call.find('checkout.session', id), id),
);

const expire = route(
  'POST',
  '/v1/checkout/sessions/:id/expire',
  z.strictObject({ expand }),
  async (call, _, id) =>
    call.change(await call.find('checkout.session', id), (draft) => {
      expireSession(draft, call.scene);
      return id;
    }),
);

const PATH = '/v1/checkout/sessions';
const listSessions = route('GET', PATH, listing, (call, asked) =>
  listOf(call, 'session', PATH, asked),
);

export const checkoutRoutes = [create, retrieve, expire, listSessions];
