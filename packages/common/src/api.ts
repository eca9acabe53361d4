/** What the HTTP API takes. What it answers are the records of `records.ts`. Unknown fields are refused. */
import { z } from 'zod';
import { idSchema, orderSchema, priceSchema, ticketSchema, userSchema } from './records.ts';

const wellFormed = (text: string) => text.isWellFormed() && !/\p{Cc}/u.test(text);
const characters = (text: string) => [...text].length;

/** A title of 1 to 200 characters, without control characters; white space around it is dropped. */
const titleSchema = z
  .string('The title must be text.')
  .max(1000, 'The title may have at most 200 characters.')
  .refine(wellFormed, 'The title must not contain control characters or broken Unicode.')
  .trim()
  .min(1, 'The title must not be empty.')
  .refine((title) => characters(title) <= 200, 'The title may have at most 200 characters.');

const emailSchema = z
  .string('The e-mail address must be text.')
  .trim()
  .max(254, 'The e-mail address is too long.')
  .pipe(z.email('This is not an e-mail address.'));

const newPasswordSchema = z
  .string('The password must be text.')
  .max(512, 'The password may have at most 128 characters.')
  .refine((password) => password.isWellFormed(), 'The password contains broken Unicode.')
  .refine((password) => characters(password) >= 8, 'The password must have at least 8 characters.')
  .refine(
    (password) => characters(password) <= 128,
    'The password may have at most 128 characters.',
  );

/** A body, which has these fields and no others. */
const body = <S extends z.ZodRawShape>(fields: S) =>
  z.strictObject(fields, {
    error: (issue) => {
      if (issue.code === 'invalid_type') return 'Send a JSON object as the body.';
      if (issue.code === 'unrecognized_keys') return `Leave out what is unknown: ${issue.keys}.`;
      return undefined;
    },
  });

export const signUpSchema = body({ email: emailSchema, password: newPasswordSchema });
/** A password that could never have been chosen is simply wrong. */
export const signInSchema = body({
  email: z.string('The e-mail address must be text.').max(254, 'The e-mail address is too long.'),
  password: z.string('The password must be text.').max(512, 'The password is too long.'),
});
export const signOutSchema = body({}).nullish();
export const currentUserSchema = z.object({ currentUser: userSchema.nullable() });

export const ticketBodySchema = body({ title: titleSchema, price: priceSchema });
export const newOrderSchema = body({ ticketId: idSchema });
export const newPaymentSchema = body({
  orderId: idSchema,
  token: z
    .string('The token must be text.')
    .regex(/^[A-Za-z0-9_]{1,255}$/, 'This is not a payment method token.')
    .describe('A payment method, for example pm_card_visa.'),
});
export const authenticationSchema = body({
  approve: z.boolean('Use true or false.').describe('Whether the buyer confirms the payment.'),
});

export const byId = z.strictObject({ id: idSchema });
export const byOrderId = z.strictObject({ orderId: idSchema });
export const byStripeId = z.strictObject({ id: z.string().regex(/^\w{1,64}$/) });

const pageQuery = {
  cursor: z
    .string('Use one cursor.')
    .max(200, 'Use the nextCursor of the page before.')
    .optional()
    .describe('The nextCursor of the page before.'),
  limit: z.coerce
    .number('The limit must be a number from 1 to 100.')
    .int('The limit must be a whole number.')
    .min(1, 'The limit must be at least 1.')
    .max(100, 'The limit must be at most 100.')
    .default(20),
};
export const orderListQuery = z.strictObject(pageQuery);
const flag = z.enum(['true', 'false'], 'Use true or false.').default('false');
export const ticketListQuery = z.strictObject({
  ...pageQuery,
  q: z
    .string('Search for one text.')
    .max(200, 'Search for at most 200 characters.')
    .optional()
    .describe('Words in the title.'),
  available: flag.describe('Only tickets that can be bought now.'),
  mine: flag.describe('Only your own tickets, whatever their state.'),
});

const nextCursor = z.string().nullable().describe('Where the next page begins; null on the last.');
export const ticketPageSchema = z.object({ tickets: z.array(ticketSchema), nextCursor });
export const orderPageSchema = z.object({ orders: z.array(orderSchema), nextCursor });

/** How many tickets one live stream may tell of. */
export const MAX_LIVE_TICKETS = 200;
const liveTicketIds = new RegExp(`^[0-9a-f]{32}(,[0-9a-f]{32}){0,${MAX_LIVE_TICKETS - 1}}$`);
export const liveQuery = z.strictObject({
  tickets: z
    .string('Name the tickets once.')
    .regex(liveTicketIds, `Name 1 to ${MAX_LIVE_TICKETS} ticket ids, separated by commas.`)
    .optional()
    .describe('The ids of the tickets to be told of, separated by commas.'),
});

const serverTime = z.object({ now: z.iso.datetime().describe('The time of the server.') });
/**
 * What `GET /api/live` sends: server-sent events by their name, `data` as JSON. Records come whole and may come twice
 * or late: the highest `version` is right.
 */
export const liveEvents = {
  /** The first of every stream: changes may have been missed, so read afresh. */
  reset: serverTime,
  /** The stream is alive. Comes every `LIVE_BEAT_SECONDS`. */
  beat: serverTime,
  /** One of the tickets asked for, or one that the visitor sells. */
  ticket: ticketSchema,
  /** An order of the visitor. */
  order: orderSchema,
};
export type LiveEventName = keyof typeof liveEvents;
export const LIVE_BEAT_SECONDS = 15;

/** `Prefer: wait=N` (RFC 7240): answer once the outcome is known, after N seconds at the latest. */
export const preferHeaders = z.object({
  prefer: z
    .string()
    .max(100, 'Use wait=N, with at most 10 seconds.')
    .optional()
    .describe('wait=N, at most 10 seconds'),
  'idempotency-key': z.string().optional().describe('The same key and body: the same record.'),
});

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe('Stable; for programs.'),
    errors: z.array(z.object({ message: z.string(), field: z.string().optional() })),
    instance: z.string().describe('The id to look up in the logs.'),
  })
  .describe('An RFC 9457 problem document.');

const problems: Record<number, string> = {
  400: 'The request is invalid.',
  401: 'Not signed in.',
  402: 'The payment was declined.',
  403: 'Not yours, or not allowed to you.',
  404: 'Not found.',
  409: 'The record is not in a state that allows it.',
  422: 'The Idempotency-Key was used with another body.',
  429: 'Too many requests; see Retry-After.',
  503: 'Cannot be done right now; see Retry-After.',
};

/** The `response` part of a route's schema: what it answers, and the problems it may have. */
export function responses<S extends Record<number, z.ZodType>>(success: S, ...failures: number[]) {
  const failed = failures.map((status) => [
    status,
    {
      description: problems[status],
      content: { 'application/problem+json': { schema: problemSchema } },
    },
  ]);
  return { ...success, ...Object.fromEntries(failed) } as S;
}
