/** The web client as a handler of requests, for whatever process has the port. It must have been built before. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import next from 'next';
import { type Visit, visits } from './lib/visit.ts';

// It is the function itself; TypeScript takes what is CommonJS for more where modules are resolved as Node does.
type Callable<M> = M extends { default: infer F } ? F : M;
const createNext = next as unknown as Callable<typeof next>;

export interface ClientOptions {
  /** Where the API listens, for example http://127.0.0.1:3000. */
  apiOrigin: string;
  /** Where this process listens. */
  ownOrigin: string;
  /** Sent to the API as `x-client-key`, so that it believes who the visitor is. */
  apiKey?: string;
  /** Where browsers reach the pages; over HTTPS they are told to stay there. */
  publicOrigin?: string | undefined;
  /** ISO 4217, lower case. */
  currency: string;
  /** Is told of errors that nobody expected. */
  onError: (error: unknown) => void;
}

export interface Client {
  /** Answers a page, a form or a file of the client. The body of the request must not have been read. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

export async function createClient(options: ClientOptions): Promise<Client> {
  const { apiOrigin, ownOrigin, apiKey, publicOrigin, currency, onError } = options;
  // Where a form leads to another page, Next.js asks itself for that page.
  const { hostname, port } = new URL(ownOrigin);
  const app = createNext({ dev: false, dir: import.meta.dirname, hostname, port: Number(port) });
  await withoutProgress(() => app.prepare());
  const answer = app.getRequestHandler();
  const headers = commonHeaders(publicOrigin);
  const publicHost = publicOrigin && new URL(publicOrigin).host;

  return {
    async handle(request, response) {
      const policy = contentSecurityPolicy(randomBytes(16).toString('base64'));
      // Next.js reads the nonce for its scripts here.
      request.headers['content-security-policy'] = policy;
      // What proxies say of themselves is about the way here, and Next.js would ask itself and compare forms by it.
      delete request.headers['x-forwarded-proto'];
      if (publicHost) request.headers['x-forwarded-host'] = publicHost;
      response.setHeaders(headers);
      response.setHeader('content-security-policy', policy);
      const visit: Visit = { apiOrigin, apiKey, currency, request, response, onError };
      await visits.run(visit, () => answer(request, response));
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

/** Scripts run only with the number that this answer alone carries, and what they load in turn. */
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

const commonHeaders = (publicOrigin: string | undefined) =>
  new Map([
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'DENY'],
    // Not `no-referrer`: forms would no longer say which site they come from.
    ['referrer-policy', 'same-origin'],
    ['cross-origin-opener-policy', 'same-origin'],
    ...(publicOrigin?.startsWith('https:')
      ? [['strict-transport-security', 'max-age=31536000'] as const]
      : []),
  ]);
