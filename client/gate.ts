/** Keeps from Next.js what it would not refuse, or refuse in its own words. */
import { IncomingMessage, type ServerResponse } from 'node:http';

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST'];
export const ALLOW = METHODS.join(', ');
/** Far more than any page has. The time that Next.js takes grows with the square of their number. */
const MAX_PARAMETERS = 50;
/** As in `next.config.mjs`, and as the API has it. */
const MAX_FORM_BYTES = 16 * 1024;
const READ_WITHIN_MS = 500;

export const refusals: Record<number, string> = {
  400: 'This request cannot be read. Go back, load the page again and repeat what you did.',
  405: 'Pages can only be read, and their forms sent.',
  413: `A form may have at most ${MAX_FORM_BYTES / 1024} KiB.`,
};

/** The status to refuse a request with, or undefined. */
export function refusalOf({ method = '', url = '', headers }: IncomingMessage): number | undefined {
  if (!METHODS.includes(method)) return 405;
  if (url.split('&').length > MAX_PARAMETERS) return 400;
  const isForm = /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
  return method !== 'POST' || isForm || headers['next-action'] ? undefined : 400;
}

/** A request that has come to its end. */
interface Arrived {
  request: IncomingMessage;
  body: Buffer;
}

/**
 * The request with its body at hand, or undefined where that is larger than any form: the rest stays unread.
 * @throws when the visitor leaves before its end.
 */
export async function arrived(request: IncomingMessage): Promise<Arrived | undefined> {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (coding === undefined && !Number(length)) return { request, body: Buffer.alloc(0) };
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_FORM_BYTES) return undefined;
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return { request: copyOf(request, body), body };
}

/**
 * Ends the connection after the answer to a request whose rest stays unread. Node would close it at once, and what is
 * still sent would reset it before the answer is read.
 */
export function cutOff({ socket }: IncomingMessage, response: ServerResponse) {
  response.setHeader('connection', 'close');
  socket.destroySoon = () => {
    socket.end();
    setTimeout(() => socket.destroy(), READ_WITHIN_MS);
  };
}

const KEPT = [
  ...['accept-encoding', 'accept-language', 'content-security-policy', 'cookie', 'host'],
  ...[
    'traceparent',
    'tracestate',
    'user-agent',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-request-id',
  ],
];

/** A plain request for a page, by the same visitor. */
export function plain(request: IncomingMessage, url: string): IncomingMessage {
  const copy = copyOf(request);
  const kept = Object.entries(request.headers).filter(([name]) => KEPT.includes(name));
  return Object.assign(copy, { method: 'GET', url, headers: Object.fromEntries(kept) });
}

function copyOf(request: IncomingMessage, body?: Buffer): IncomingMessage {
  const { method, url, headers, rawHeaders, httpVersion, httpVersionMajor, httpVersionMinor } =
    request;
  const version = { httpVersion, httpVersionMajor, httpVersionMinor };
  const copy = new IncomingMessage(request.socket);
  Object.assign(copy, { method, url, headers, rawHeaders, ...version, complete: true });
  if (body?.length) copy.push(body);
  copy.push(null);
  return copy;
}

/** What Next.js answers in its own words. A form of another release is not among it. */
const WITHHELD = [400, 404, 500];

/**
 * Withholds an error that Next.js answers before any code of ours has run. `refuse` is called in its place, with the
 * response as it was before.
 */
export function withholdErrors(
  response: ServerResponse,
  visit: { isOurs: boolean },
  refuse: (status: number) => void,
) {
  const headers = response.getHeaders();
  const keys = new Set(Object.keys(response));
  let withheld: boolean | undefined;
  const isWithheld = () => {
    withheld ??= WITHHELD.includes(response.statusCode) && !visit.isOurs;
    return withheld;
  };
  const replace = (name: 'writeHead' | 'flushHeaders' | 'write' | 'end', instead: () => void) => {
    const send = response[name] as (...args: unknown[]) => unknown;
    const sendOrNot = (...args: unknown[]) => {
      if (!isWithheld()) return send.apply(response, args);
      instead();
      return response;
    };
    Object.assign(response, { [name]: sendOrNot });
  };
  for (const name of ['writeHead', 'flushHeaders', 'write'] as const) replace(name, () => {});
  replace('end', () => {
    // Next.js has added functions of its own, which compress.
    for (const [key, value] of Object.entries(response)) {
      if (!keys.has(key) && typeof value === 'function') Reflect.deleteProperty(response, key);
    }
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.setHeaders(new Map(Object.entries(headers) as [string, string][]));
    const { statusCode } = response;
    response.statusCode = 200;
    refuse(statusCode);
  });
}
