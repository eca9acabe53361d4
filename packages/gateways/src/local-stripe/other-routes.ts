/** Paths of what becomes of a payment: charges, refunds, disputes and events. */
import { z } from 'zod';
import type { Call } from './call.ts';
import { invalid } from './failure.ts';
import { listing, listOf } from './lists.ts';
import type { Payment, Told } from './model.ts';
import type { ListedKind } from './objects.ts';
import { expand, integer, list, metadata, paging, text } from './parameters.ts';
import { closeDispute, giveEvidence, refund } from './refunds.ts';
import { latestOf } from './render.ts';
import { route } from './route.ts';
import { thinEvent } from './webhooks.ts';

const retrieve = (path: string, what: string) =>
  route('GET', `${path}/:id`, z.strictObject({ expand }), async (call, _, id) =>
    call.show(await call.find(what, id), id, what),
  );

const listAll = (path: string, kind: ListedKind) =>
  route('GET', path, listing, (call, asked) => listOf(call, kind, path, asked));

const createRefund = route(
  'POST',
  '/v1/refunds',
  z.strictObject({
    payment_intent: text().optional(),
    charge: text().optional(),
    amount: integer(1).optional(),
    reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
    metadata: metadata.optional(),
    expand,
  }),
  async (call, asked) => {
    const [payment, charge] = await refunded(call, asked);
    return call.change(payment, (draft) => refund(draft, call.scene, charge, asked));
  },
);

/** The payment and the charge that a refund is about. @throws Failure */
async function refunded(
  call: Call,
  { payment_intent, charge }: { payment_intent?: string | undefined; charge?: string | undefined },
): Promise<[Payment, string]> {
  if (charge !== undefined) return [await call.find('charge', charge, 'charge'), charge];
  if (payment_intent === undefined) {
    throw invalid(
      'One of the following params should be provided for this request: payment_intent or charge.',
      {
        code: 'parameter_missing',
        param: 'payment_intent',
      },
    );
  }
  const payment = await call.find('payment_intent', payment_intent, 'payment_intent');
  const made = latestOf(payment);
  if (made) return [payment, made.id];
  throw invalid(
    `This PaymentIntent (${payment_intent}) does not have a successful charge to refund.`,
  );
}

const updateDispute = route(
  'POST',
  '/v1/disputes/:id',
  z.strictObject({ evidence: z.strictObject({ uncategorized_text: text() }), expand }),
  async (call, asked, id) =>
    call.change(await call.find('dispute', id), (draft) => {
      giveEvidence(draft, call.scene, id, asked.evidence.uncategorized_text);
      return id;
    }),
);

const acceptDispute = route(
  'POST',
  '/v1/disputes/:id/close',
  z.strictObject({ expand }),
  async (call, _, id) =>
    call.change(await call.find('dispute', id), (draft) => {
      closeDispute(draft, call.scene, id);
      return id;
    }),
);

const listEvents = route(
  'GET',
  '/v1/events',
  z.strictObject({ ...paging, type: text().optional(), types: list(text()).optional() }),
  (call, { type, types, ...asked }) => {
    const wanted = types ?? (type ? [type] : undefined);
    return listOf(call, 'told', '/v1/events', asked, (event) =>
      wanted ? wanted.includes(String(event['type'])) : true,
    );
  },
);

/** The whole of what a thin webhook named. */
const retrieveThin = route(
  'GET',
  '/v2/core/events/:id',
  z.strictObject({}),
  async (call, _, id) => {
    const { told } = await call.find('event', id);
    return call.ok(thinEvent(told.find((each) => each.id === id) as Told));
  },
);

export const otherRoutes = [
  listAll('/v1/payment_intents', 'intent'),
  retrieve('/v1/charges', 'charge'),
  listAll('/v1/charges', 'charges'),
  createRefund,
  retrieve('/v1/refunds', 'refund'),
  listAll('/v1/refunds', 'refunds'),
  retrieve('/v1/disputes', 'dispute'),
  listAll('/v1/disputes', 'disputes'),
  updateDispute,
  acceptDispute,
  retrieve('/v1/events', 'event'),
  listEvents,
  retrieveThin,
];
