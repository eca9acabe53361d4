/** The id of a request, which is the correlation id of its story, and the trace it belongs to. */
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { type Story, traceIdIn } from '../../context.ts';
import { TRACEPARENT } from '../../events.ts';

/** Takes the caller's `x-request-id`, or a new id when that is missing or malformed. */
export const createRequestId =
  (newId: () => string) =>
  ({ headers: { 'x-request-id': given } }: IncomingMessage) =>
    typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : newId();

/** Continues the caller's trace, or begins one that is named like the request. */
export function storyOfRequest(request: FastifyRequest, newId: () => string): Story {
  const { id, headers } = request;
  return { correlationId: id, traceId: traceIdOf(id, headers.traceparent, newId) };
}

function traceIdOf(id: string, traceparent: unknown, newId: () => string) {
  if (typeof traceparent === 'string' && TRACEPARENT.test(traceparent)) {
    return traceIdIn(traceparent);
  }
  return /^[0-9a-f]{32}$/.test(id) ? id : newId();
}
