/** The id of a request, which is the correlation id of its story, and the trace it belongs to. */
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { Story } from '../../context.ts';
import { isTraceId, traceIn } from '../../trace-context.ts';

/** Takes the caller's `x-request-id`, or a new id when that is missing or malformed. */
export const createRequestId =
  (newId: () => string) =>
  ({ headers: { 'x-request-id': given } }: IncomingMessage) =>
    typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : newId();

/** Continues the caller's trace, or begins one that is named like the request. */
export function storyOfRequest({ id, headers }: FastifyRequest, newId: () => string): Story {
  const trace = traceIn(headers.traceparent, headers['tracestate']);
  return { correlationId: id, ...(trace ?? { traceId: isTraceId(id) ? id : newId() }) };
}
