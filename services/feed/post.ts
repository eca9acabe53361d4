/** Sends to addresses that others have given: to public ones alone, whatever a name or an answer leads to. */
import { createHmac } from 'node:crypto';
import { lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isLoopback, isPublic } from '@fairseat/common/kit';

const WITHIN_MS = 15_000;

interface Message {
  id: string;
  body: string;
  /** Milliseconds since the epoch. */
  sentAt: number;
  secrets: string[];
}

/** Sends a message, unless it is to stop. Answers the status. @throws Error that says why there is none. */
export type Post = (url: string, message: Message, stop: AbortSignal) => Promise<number>;

/** Why nothing is sent there; undefined for an address that may be tried. */
export function refusalOf(address: string, mayBeLoopback: boolean): string | undefined {
  if (!URL.canParse(address)) return 'it is no address';
  const url = new URL(address);
  const isHere = mayBeLoopback && (url.hostname === 'localhost' || isLoopback(hostOf(url)));
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere)) return 'expected https';
  if (url.username || url.password) return 'it must have no user and no password';
  if (!isIP(hostOf(url)) || isHere || isPublic(hostOf(url))) return undefined;
  return `${url.hostname} is no public address`;
}

/** By Standard Webhooks: `v1` and a signature of id, time and body by each secret. */
function signed({ id, body, sentAt, secrets }: Message): Record<string, string> {
  const timestamp = String(Math.floor(sentAt / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

export const createPost =
  ({ mayBeLoopback, withinMs = WITHIN_MS }: { mayBeLoopback: boolean; withinMs?: number }): Post =>
  async (address, message, stop) => {
    const refusal = refusalOf(address, mayBeLoopback);
    if (refusal) throw new Error(refusal);
    const url = new URL(address);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      agent: false,
      lookup: publicOnly(mayBeLoopback),
      signal: AbortSignal.any([stop, AbortSignal.timeout(withinMs)]),
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'content-length': Buffer.byteLength(message.body),
        'user-agent': 'Fairseat',
        ...signed(message),
      },
    });
    request.once('response', ({ statusCode = 0 }) => {
      resolve(statusCode);
      // What it says beside is not read, and where it leads to is not followed.
      request.destroy();
    });
    request.on('error', (error) => {
      const isLate = error.name === 'AbortError' || error.name === 'TimeoutError';
      reject(isLate ? new Error(`no answer within ${withinMs / 1000} s`, { cause: error }) : error);
    });
    request.end(message.body);
    return promise;
  };

/** Resolves names for the connection itself, so that no second answer leads elsewhere. */
const publicOnly =
  (mayBeLoopback: boolean): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const refused = addresses?.find(
        ({ address }) => !isPublic(address) && !(mayBeLoopback && isLoopback(address)),
      );
      const [first] = addresses ?? [];
      if (error || !first) callback(error ?? new Error(`${hostname} has no address`), '', 0);
      else if (refused) {
        const why = `${hostname} leads to ${refused.address}, which is no public address`;
        callback(new Error(why), '', 0);
      } else if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

const hostOf = ({ hostname }: URL) => hostname.replace(/^\[(.*)\]$/, '$1');
