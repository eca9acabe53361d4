/** The web client as a request handler, for the process that has the port. It must have been built before. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import next from 'next';
import { knownActions, withoutOldForms } from './lib/old-form.ts';
import { type Visit, visits } from './lib/visit.ts';

// The import is the function itself, but where modules are resolved as Node does, TypeScript takes it for a namespace.
type Callable<M> = M extends { default: infer F } ? F : M;
const createNext = next as unknown as Callable<typeof next>;

export interface ClientOptions {
  /** Where the API listens, for example http://127.0.0.1:3000. */
  apiOrigin: string;
  /** Where this process listens. */
  ownOrigin: string;
  /** Sent to the API as `x-client-key`, so that it trusts the visitor's address. */
  apiKey?: string;
  /** Where browsers reach the pages; if it is HTTPS, every answer tells them to keep to it. */
  publicOrigin?: string | undefined;
  /** The value of `Strict-Transport-Security`, where browsers come by HTTPS. */
  transport?: string | undefined;
  /** ISO 4217, lower case. */
  currency: string;
  /** Logs an unexpected error. */
  onError: (error: unknown) => void;
}

export interface Client {
  /** Answers a request for a page, a form or a file. Its body must not have been read. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

export async function createClient(options: ClientOptions): Promise<Client> {
  const { apiOrigin, ownOrigin, apiKey, publicOrigin, transport, currency, onError } = options;
  // When a form redirects, Next.js requests the next page from itself.
  const { hostname, port } = new URL(ownOrigin);
  const app = createNext({ dev: false, dir: import.meta.dirname, hostname, port: Number(port) });
  await withoutProgress(() => app.prepare());
  const answer = app.getRequestHandler();
  const known = knownActions(join(import.meta.dirname, '.next'));
  const headers = commonHeaders(transport);
  const publicHost = publicOrigin && new URL(publicOrigin).host;

  return {
    async handle(request, response) {
      const policy = contentSecurityPolicy(randomBytes(16).toString('base64'));
      // Next.js reads the nonce for its scripts from this header.
      request.headers['content-security-policy'] = policy;
      // Next.js addresses itself, and checks the origin of forms, by these headers, so they must not be a proxy's.
      delete request.headers['x-forwarded-proto'];
      if (publicHost) request.headers['x-forwarded-host'] = publicHost;
      response.setHeaders(headers);
      response.setHeader('content-security-policy', policy);
      const isSecure = transport !== undefined;
      const visit: Visit = { apiOrigin, apiKey, currency, isSecure, request, response, onError };
      await visits.run(visit, async () => {
        const passed = await withoutOldForms(request, response, known);
        if (passed) await answer(passed, response);
      });
    },
    close: () => app.close(),
  };
}

/** Next.js prints how long its configuration took. Its warnings and errors go to standard error, and stay. */
async function withoutProgress(work: () => Promise<void>) {
  const { log } = console;
  console.log = () => {};
  try {
    await work();
  } finally {
    console.log = log;
  }
}

/** Only scripts with the nonce of this answer run, and the scripts that those load. */
const contentSecurityPolicy = (nonce: string) =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const commonHeaders = (transport: string | undefined) =>
  new Map([
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'DENY'],
    // With `no-referrer`, forms would no longer send their origin.
    ['referrer-policy', 'same-origin'],
    ['cross-origin-opener-policy', 'same-origin'],
    ...(transport ? [['strict-transport-security', transport] as const] : []),
  ]);
