import { z } from 'zod';
import { orderSchema } from './order.ts';
import { ticketSchema } from './ticket.ts';

export const problemSchema = z
  .object({
    type: z.string().describe('A URI of its kind: `urn:fairseat:problem:` and its code.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().describe('In words, for people.'),
    code: z.string().describe('Stable; for programs.'),
    errors: z.array(z.object({ message: z.string(), field: z.string().optional() })),
    instance: z.string().describe('The id to look up in the logs.'),
    ticket: ticketSchema.optional().describe('The ticket as it is now, where it has changed.'),
    orders: z
      .array(orderSchema)
      .optional()
      .describe('Your unpaid orders, where they are too many.'),
    oldest: z
      .string()
      .optional()
      .describe('Where events are no longer kept: the cursor before the oldest that is.'),
    mayRetry: z
      .boolean()
      .optional()
      .describe(
        'Of a declined payment: whether the ticket is still held and another card may be tried.',
      ),
  })
  .describe('An RFC 9457 problem document.');

const problems: Record<string, string> = {
  400: 'The request is invalid.',
  401: 'Not signed in, or without a key where one is needed.',
  402: 'The payment was declined.',
  403: 'Not yours, or not allowed to you.',
  404: 'Not found.',
  409: 'The record is not in a state that allows it.',
  410: 'Events behind this cursor are no longer kept; see oldest.',
  405: 'The path exists, but not with this method.',
  412: 'The record has changed since the version in If-Match.',
  413: 'The body is too large.',
  415: 'The body is not JSON as it is, in UTF-8.',
  422: 'The Idempotency-Key was used with another body.',
  429: 'Too many requests; see Retry-After.',
  default: 'Any other refusal, such as 405, 408, 431 or 500.',
  503: 'Cannot be done right now; see Retry-After.',
};

/** The `response` part of a route's schema: its answers by status, and a problem document for each failure. */
export function responses<S extends Record<number, z.ZodType>>(
  success: S,
  ...failures: (number | 'default')[]
) {
  const failed = failures.map((status) => [
    status,
    {
      description: problems[status],
      content: { 'application/problem+json': { schema: problemSchema } },
    },
  ]);
  return { ...success, ...Object.fromEntries(failed) } as S;
}
