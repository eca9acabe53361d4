/** Paths of payment intents and confirmation tokens. */
import { z } from 'zod';
import { tell } from './acts.ts';
import type { Call } from './call.ts';
import { cancel, capture } from './endings.ts';
import { invalid, missing } from './failure.ts';
import { type AskedIntent, confirm, createPayment, methodOfType, setMethod } from './intents.ts';
import type { Payment, Token } from './model.ts';
import { checkAmount, currency } from './money.ts';
import { renderToken, TOKEN_LASTS_MS } from './objects.ts';
import { anything, expand, flag, integer, list, metadata, text } from './parameters.ts';
import { byPages, route } from './route.ts';
import { testMethod, typesFor } from './test-methods.ts';

const methodData = z.looseObject({ type: text() }).optional();

/** What confirms. */
const confirmation = {
  payment_method: text().optional(),
  payment_method_data: methodData,
  confirmation_token: text().optional(),
  return_url: z.url().optional(),
  off_session: flag.optional(),
  error_on_requires_action: flag.optional(),
  use_stripe_sdk: flag.optional(),
  mandate_data: anything.optional(),
  payment_method_options: z.record(z.string(), anything).optional(),
  receipt_email: z.string().optional(),
  expand,
};

const creation = z.strictObject({
  ...confirmation,
  amount: integer(1),
  currency,
  automatic_payment_methods: z
    .strictObject({
      enabled: flag,
      allow_redirects: z.enum(['always', 'never']).optional(),
    })
    .optional(),
  capture_method: z.enum(['automatic', 'automatic_async', 'manual']).optional(),
  confirm: flag.optional(),
  confirmation_method: z.enum(['automatic', 'manual']).optional(),
  description: z.string().max(1000).optional(),
  metadata: metadata.optional(),
  allowed_payment_method_types: list(z.string()).optional(),
  excluded_payment_method_types: list(z.string()).optional(),
  statement_descriptor_suffix: z.string().max(22).optional(),
});

type Creation = z.output<typeof creation>;
type Confirming = Pick<Creation, keyof typeof confirmation>;

function askedIntent(asked: Creation): AskedIntent {
  checkAmount(asked.amount, asked.currency);
  checkTypes(asked);
  const { allowed_payment_method_types: allowed, excluded_payment_method_types: excluded } = asked;
  const mayRedirect = asked.automatic_payment_methods?.allow_redirects !== 'never';
  return {
    amount: asked.amount,
    currency: asked.currency,
    types: typesFor(asked.currency, mayRedirect).filter(
      (type) => (allowed?.includes(type) ?? true) && !excluded?.includes(type),
    ),
    allowed: allowed ?? null,
    mayRedirect,
    captureMethod: asked.capture_method ?? 'automatic_async',
    methodOptions: asked.payment_method_options ?? {},
    metadata: asked.metadata ?? {},
    description: asked.description ?? null,
    receiptEmail: asked.receipt_email ?? null,
    statementDescriptorSuffix: asked.statement_descriptor_suffix ?? null,
  };
}

/** @throws Failure when the types are chosen in two ways. */
function checkTypes(asked: Creation) {
  const ways = [
    'allowed_payment_method_types',
    'excluded_payment_method_types',
    'automatic_payment_methods',
  ] as const;
  const given = ways.filter((way) => asked[way] !== undefined);
  if (asked.allowed_payment_method_types === undefined || given.length < 2) return;
  throw invalid(`You may only specify one of these parameters: ${given.join(', ')}.`, {
    code: 'parameters_exclusive',
    param: given[1] as string,
  });
}

/** The method that is to pay, and the token that it comes from. */
async function methodOf(
  call: Call,
  asked: Confirming,
): Promise<[string | undefined, Token | null]> {
  if (asked.payment_method) return [asked.payment_method, null];
  if (asked.payment_method_data) return [methodOfType(asked.payment_method_data.type), null];
  if (!asked.confirmation_token) return [undefined, null];
  const token = await call.ledger.token(asked.confirmation_token);
  if (!token || Date.parse(token.createdAt) + TOKEN_LASTS_MS <= call.scene.now) {
    throw missing('confirmation_token', asked.confirmation_token, 'confirmation_token');
  }
  if (await call.ledger.payment(`spent:${token.id}`)) {
    throw invalid(
      `The provided confirmation_token ${token.id} has already been used to confirm an Intent. Create a new ConfirmationToken.`,
      { code: 'token_already_used', param: 'confirmation_token' },
    );
  }
  return [token.method.name, token];
}

/** Confirms within an act. */
async function confirming(call: Call, asked: Confirming) {
  const [method, token] = await methodOf(call, asked);
  return (draft: Payment) => {
    Object.assign(draft.intent.methodOptions, asked.payment_method_options);
    if (token) draft.spentTokens.push(token.id);
    confirm(draft, call.scene, {
      method,
      returnUrl: asked.return_url ?? token?.returnUrl ?? undefined,
      offSession: asked.off_session,
      errorOnRequiresAction: asked.error_on_requires_action,
      inPlace: asked.use_stripe_sdk,
    });
    return draft.intent.id;
  };
}

const create = route('POST', '/v1/payment_intents', creation, async (call, asked) => {
  const payment = createPayment(call.scene, askedIntent(asked));
  const { intent } = payment;
  const pay = asked.confirm ? await confirming(call, asked) : undefined;
  return call.create(payment, () => {
    tell(payment, call.scene, 'payment_intent.created', intent.id);
    if (pay) return pay(payment);
    if (asked.payment_method) setMethod(payment, call.scene, asked.payment_method);
    return intent.id;
  });
});

const retrieve = route(
  'GET',
  '/v1/payment_intents/:id',
  z.strictObject({ client_secret: text().optional(), expand }),
  async (call, asked, id) => {
    const payment = await call.find('payment_intent', id);
    call.mustKnow(payment, asked.client_secret);
    return call.show(payment, id, 'payment_intent');
  },
);

const confirmIntent = route(
  'POST',
  '/v1/payment_intents/:id/confirm',
  z.strictObject({ ...confirmation, client_secret: text().optional() }),
  async (call, asked, id) => {
    const payment = await call.find('payment_intent', id);
    call.mustKnow(payment, asked.client_secret);
    return call.change(payment, await confirming(call, asked));
  },
);

const captureIntent = route(
  'POST',
  '/v1/payment_intents/:id/capture',
  z.strictObject({
    amount_to_capture: integer(1).optional(),
    final_capture: flag.optional(),
    expand,
  }),
  async (call, asked, id) =>
    call.change(await call.find('payment_intent', id), (draft) => {
      capture(draft, call.scene, asked.amount_to_capture);
      return id;
    }),
);

const reasons = ['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned'] as const;

const cancelIntent = route(
  'POST',
  '/v1/payment_intents/:id/cancel',
  z.strictObject({ cancellation_reason: z.enum(reasons).optional(), expand }),
  async (call, asked, id) =>
    call.change(await call.find('payment_intent', id), (draft) => {
      cancel(draft, call.scene, asked.cancellation_reason ?? null);
      return id;
    }),
);

/** What a page sends ahead: `stripe.js` does so at a path of its own, tests at the second. */
const createToken = (path: string) =>
  route(
    'POST',
    path,
    z.strictObject({
      payment_method: text().optional(),
      payment_method_data: methodData,
      return_url: z.url().optional(),
      expand,
    }),
    (call, asked) => {
      const { payment_method, payment_method_data } = asked;
      const wanted = payment_method ?? methodOfType(payment_method_data?.type ?? 'card');
      const name = testMethod(wanted);
      if (name === undefined) throw missing('PaymentMethod', wanted, 'payment_method');
      const token: Token = {
        kind: 'token',
        id: call.scene.newId('ctoken'),
        version: 1,
        createdAt: new Date(call.scene.now).toISOString(),
        method: { id: call.scene.newId('pm'), name },
        returnUrl: asked.return_url ?? null,
        answers: [],
      };
      return call.insert(token, call.ok(renderToken(token, null)));
    },
  );

const retrieveToken = route(
  'GET',
  '/v1/confirmation_tokens/:id',
  z.strictObject({ expand }),
  async (call, _, id) => {
    const token = await call.ledger.token(id);
    if (!token) throw missing('confirmation_token', id);
    const spentOn = await call.ledger.payment(`spent:${id}`);
    return call.ok(renderToken(token, spentOn?.intent.id ?? null));
  },
);

export const intentRoutes = [
  create,
  byPages(retrieve),
  byPages(confirmIntent),
  captureIntent,
  cancelIntent,
  byPages(createToken('/v1/confirmation_tokens')),
  createToken('/v1/test_helpers/confirmation_tokens'),
  retrieveToken,
];
