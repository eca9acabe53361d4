/** The web client as a request handler, for the process that has the port. It must have been built before. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { stringifySetCookie } from 'cookie';
import next from 'next';
import { ALLOW, arrived, cutOff, plain, refusalOf, refusals, withholdErrors } from './gate.ts';
import { draftOfOldForm, knownActions } from './lib/old-form.ts';
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
  /** Logs a refusal, with what Next.js said of it. */
  onRefusal: (status: number, error: unknown) => void;
}

export interface Client {
  /** Answers a request for a page, a form or a file. Its body must not have been read. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

export async function createClient(options: ClientOptions): Promise<Client> {
  const { apiOrigin, ownOrigin, apiKey, publicOrigin, transport, currency } = options;
  const { onError, onRefusal } = options;
  // When a form redirects, Next.js requests the next page from itself.
  const { hostname, port } = new URL(ownOrigin);
  const app = createNext({ dev: false, dir: import.meta.dirname, hostname, port: Number(port) });
  await withoutProgress(() => app.prepare());
  const answer = app.getRequestHandler();
  const known = knownActions(join(import.meta.dirname, '.next'));
  const headers = commonHeaders(transport);
  const publicHost = publicOrigin && new URL(publicOrigin).host;
  const restoreConsole = collectFailures();

  /** Shows a page in place of what was asked for. */
  function refuse(visit: Visit, status: number) {
    const { request, response } = visit;
    if (status === 405) response.setHeader('allow', ALLOW);
    const refusal = { status, message: refusals[status] ?? '' };
    Object.assign(visit, { refusal, isOurs: true, request: plain(request, '/refused') });
    return visits.run(visit, () => answer(visit.request, response));
  }

  function logEnd({ response: { statusCode }, refusal, failure }: Visit) {
    if (failure && (statusCode < 400 || statusCode >= 500)) onError(failure);
    else if (failure || (refusal && refusal.status !== 404)) onRefusal(statusCode, failure);
  }

  const visitOf = (request: IncomingMessage, response: ServerResponse): Visit => ({
    ...{ apiOrigin, apiKey, currency, isSecure: transport !== undefined },
    ...{ request, response, onError, isOurs: false },
  });

  async function show(visit: Visit, refused?: number) {
    const { request, response } = visit;
    response.once(
      'close',
      AsyncLocalStorage.bind(() => logEnd(visit)),
    );
    if (refused !== undefined) return refuse(visit, refused);
    const isOdd = request.method === 'POST' || request.headers['rsc'] !== undefined;
    withholdErrors(response, visit, (status) => {
      refuse(visit, status === 500 && isOdd ? 400 : status).catch(onError);
    });
    await visits.run(visit, () => answer(request, response));
  }

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
      if (request.method === 'OPTIONS') return void response.writeHead(204, { allow: ALLOW }).end();
      const whole = await arrived(request);
      if (whole === undefined) {
        cutOff(request, response);
        return show(visitOf(request, response), 413);
      }
      const visit = visitOf(whole.request, response);
      const draft = await visits.run(visit, () => draftOfOldForm(visit, whole.body, known));
      if (draft) {
        const headers = { location: draft.path, 'set-cookie': stringifySetCookie(draft.cookie) };
        return void response.writeHead(303, headers).end();
      }
      await show(visit, refusalOf(whole.request));
    },
    async close() {
      restoreConsole();
      await app.close();
    },
  };
}

/**
 * Next.js prints what goes wrong over several lines, which nothing ties to a request. They go to its visit instead.
 * @returns a function that ends this.
 */
function collectFailures() {
  const { error, warn } = console;
  const instead =
    (print: typeof error) =>
    (...words: unknown[]) => {
      const visit = visits.getStore();
      if (!visit) return print(...words);
      visit.failure ??= words.find((word) => word instanceof Error) ?? new Error(words.join(' '));
    };
  Object.assign(console, { error: instead(error), warn: instead(warn) });
  return () => Object.assign(console, { error, warn });
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
