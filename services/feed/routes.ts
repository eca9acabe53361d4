import type { OutgoingHttpHeaders } from 'node:http';
import {
  feedHeaders,
  feedPageSchema,
  feedQuery,
  LONGEST_FEED_WAIT_SECONDS,
  MAX_FEED_PAGE,
  type OuterEvent,
} from '@fairseat/common/contracts/feed';
import { responses } from '@fairseat/common/contracts/problem';
import { badRequest, CursorGone, forbidden, noKey, Problem } from '@fairseat/common/errors';
import { preferencesIn, type Routes } from '@fairseat/common/kit';
import type { EventLog } from '@fairseat/common/ports';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Key, Keys } from './keys.ts';
import type { Listeners } from './listeners.ts';
import { beyond, type Scope, scopeOf, unknownIn } from './scope.ts';
import type { Tail } from './tail.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose request it is, on routes that need a key. */
    apiKey?: Key;
  }
}

/** A page looks through so many pages of the log for events of its types. */
const MOST_PAGES = 20;
const RECONNECT_AFTER_MS = 2000;
const STREAM = {
  'content-type': 'text/event-stream; charset=utf-8',
  // A connection that is kept for another request would hold up the stop.
  connection: 'close',
  // Proxies that buffer answers would hold the events back.
  'x-accel-buffering': 'no',
};

interface Parts {
  log: EventLog;
  tail: Tail;
  keys: Keys;
  listeners: Listeners;
}

export const routes =
  ({ log, tail, keys, listeners }: Parts): Routes =>
  async (app) => {
    app.addHook('preClose', (done) => {
      keys.close();
      listeners.close();
      done();
    });

    const withKey = async (request: FastifyRequest) => {
      const [, secret] =
        /^Bearer +([\w-]{1,100})$/i.exec(request.headers.authorization ?? '') ?? [];
      const key = secret && (await keys.find(secret));
      if (!key) throw noKey();
      request.apiKey = key;
    };

    app.get(
      '/api/feed',
      {
        onRequest: withKey,
        config: { answers: ['Link', 'Preference-Applied'], security: [{ key: [] }] },
        schema: {
          operationId: 'readFeed',
          tags: ['feed'],
          summary: 'Events as they happen, for programs outside',
          description:
            'In the order of the log, from any place in it. With `Accept: text/event-stream` they come as server-sent ' +
            'events, each with its cursor as `id`; else as a page, for which `Prefer: wait=N` waits. An event is ' +
            'CloudEvents 1.0 in JSON and carries ids, but nothing that tells who somebody is.',
          querystring: feedQuery,
          headers: feedHeaders,
          response: {
            200: {
              description: 'Events, in the order of the log.',
              content: {
                'application/json': { schema: feedPageSchema },
                'text/event-stream': { schema: z.string() },
              },
            },
            ...responses({}, 400, 401, 403, 410, 429, 503),
          },
        },
      },
      async (request, reply) => {
        const key = request.apiKey as Key;
        const { types, limit } = request.query;
        const scope = wanted(key, types);
        const after = await placeOf(request.headers['last-event-id'] ?? request.query.after);
        reply.header('vary', 'Accept');
        if (!/\btext\/event-stream\b/i.test(request.headers.accept ?? '')) {
          const seconds = request.method === 'HEAD' ? 0 : waitSeconds(request.headers.prefer);
          const page = await pageBehind(key, scope, after, limit, seconds * 1000);
          if (seconds > 0) reply.header('preference-applied', `wait=${seconds}`);
          const next = new URLSearchParams(request.url.split('?')[1]);
          next.set('after', page.next);
          reply.header('link', `</api/feed?${next}>; rel="next"`);
          // The events have been parsed by schemas of their own.
          return reply
            .serializer(JSON.stringify)
            .type('application/json')
            .send(page as never);
        }
        // A stream without a body would never end.
        if (request.method === 'HEAD') return reply.headers(STREAM).send('' as never);
        listeners.admit(key);
        reply.hijack();
        const { raw } = reply;
        // A connection that closed meanwhile emits no further `close`.
        if (raw.destroyed) return;
        reply.headers(STREAM);
        raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
        raw.write(`retry: ${RECONNECT_AFTER_MS}\n\n`);
        listeners.stream(raw, key, scope, after).catch((err) => {
          request.log.error({ err }, 'a stream of events failed');
          raw.destroy();
        });
      },
    );

    /** The place behind which to begin. @throws Problem (410) */
    async function placeOf(after: string | undefined): Promise<string> {
      const { oldest, newest } = await log.ends();
      if (after === undefined) return newest;
      if (after === 'oldest') return oldest;
      await orGone(tail.read(after, 1));
      return after;
    }

    /** Events of the scope behind a place: what there is, or what comes in that time. */
    async function pageBehind(
      key: Key,
      scope: Scope,
      after: string,
      limit: number,
      waitMs: number,
    ) {
      let { isAtEnd, ...page } = await search(scope, after, limit);
      if (page.events.length > 0 || waitMs === 0 || !isAtEnd) return page;
      await listeners.wait(key, waitMs, async () => {
        ({ isAtEnd, ...page } = await search(scope, page.next, limit));
        return page.events.length > 0 || undefined;
      });
      return page;
    }

    async function search(scope: Scope, after: string, limit: number) {
      const events: OuterEvent[] = [];
      let next = after;
      for (let pages = 0; pages < MOST_PAGES; pages++) {
        const read = await orGone(tail.read(next, MAX_FEED_PAGE));
        if (read.length === 0) return { events, next, isAtEnd: true };
        for (const { cursor, event } of read) {
          if (event && scope.has(event.type)) events.push(event);
          next = cursor;
          if (events.length === limit) return { events, next, isAtEnd: false };
        }
      }
      return { events, next, isAtEnd: false };
    }
  };

/** What of the key's scope is asked for. @throws Problem (400, 403) */
function wanted({ name, scope }: Key, types: string | undefined): Scope {
  if (types === undefined) return scope;
  const unknown = unknownIn(types);
  if (unknown.length > 0) {
    const what = `${unknown.join(', ')}: there is no such event type.`;
    throw badRequest('unknown_event_type', `${what} /docs lists them all.`, 'types');
  }
  const asked = scopeOf(types);
  const outside = beyond(asked, scope);
  if (outside.length === 0) return asked;
  throw forbidden('not_in_scope', `The key ${name} is not for ${outside.join(', ')}.`);
}

const orGone = <T>(reading: Promise<T>): Promise<T> =>
  reading.catch((error: unknown) => {
    if (!(error instanceof CursorGone)) throw error;
    const { oldest } = error;
    const detail = `Events behind this cursor are no longer kept, or it is none of this log. The oldest is ${oldest}.`;
    throw new Problem(410, 'cursor_gone', detail, { extensions: { oldest } });
  });

const waitSeconds = (prefer: string | undefined) => {
  const wait = preferencesIn(prefer).get('wait') ?? '';
  return /^\d+$/.test(wait) ? Math.min(Number(wait), LONGEST_FEED_WAIT_SECONDS) : 0;
};
