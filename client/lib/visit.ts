/** What one request brings with it: known to `server.ts`, needed by what renders the page. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Visit {
  apiOrigin: string;
  /** Tells the API that the visitor's address in `x-forwarded-for` may be believed. */
  apiKey: string | undefined;
  /** ISO 4217, lower case. */
  currency: string;
  request: IncomingMessage;
  response: ServerResponse;
  /** Is told what nobody expected, for the log. */
  onError: (error: unknown) => void;
}

// Next.js bundles this module a second time; both must mean the same storage.
const key = Symbol.for('fairseat.visit');
const shared = globalThis as unknown as Record<symbol, AsyncLocalStorage<Visit> | undefined>;
shared[key] ??= new AsyncLocalStorage<Visit>();

/** Entered by `server.ts` around each request. */
export const visits = shared[key];

export function currentVisit(): Visit {
  const visit = visits.getStore();
  if (visit === undefined) throw new Error('Pages are served by client/server.ts alone.');
  return visit;
}

/** Sets the status of the page. An update of a page that is open is no new page: its browser would load it whole. */
export function answerWith(status: number) {
  const { request, response } = currentVisit();
  if (request.headers['rsc'] === undefined && !response.headersSent) response.statusCode = status;
}
