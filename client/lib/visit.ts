/** The context of one request, which `server.ts` sets for the code that renders the page. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Visit {
  apiOrigin: string;
  /** Proves to the API that it may trust the visitor's address in `x-forwarded-for`. */
  apiKey: string | undefined;
  /** ISO 4217, lower case. */
  currency: string;
  /** Whether browsers come by HTTPS. */
  isSecure: boolean;
  request: IncomingMessage;
  response: ServerResponse;
  /** Logs an unexpected error. */
  onError: (error: unknown) => void;
  /** What Next.js said when it failed. */
  failure?: unknown;
  /** Whether code of ours has begun to answer, so that a failure is no longer the request's. */
  isOurs: boolean;
  /** The page to be shown in place of what was asked for. */
  refusal?: { status: number; message: string };
}

// Next.js bundles this module a second time, and both copies must share one storage.
const key = Symbol.for('fairseat.visit');
const shared = globalThis as unknown as Record<symbol, AsyncLocalStorage<Visit> | undefined>;
shared[key] ??= new AsyncLocalStorage<Visit>();

/** `server.ts` enters it around each request. */
export const visits = shared[key];

export function currentVisit(): Visit {
  const visit = visits.getStore();
  if (visit === undefined) throw new Error('No visit: only client/server.ts can serve pages.');
  return visit;
}

/** To be called where code of ours begins. */
export function begin() {
  currentVisit().isOurs = true;
}

/** Sets the status of the page, but not of an update of an open page, which the browser would then load whole. */
export function answerWith(status: number) {
  const { request, response } = currentVisit();
  if (request.headers['rsc'] === undefined && !response.headersSent) response.statusCode = status;
}
