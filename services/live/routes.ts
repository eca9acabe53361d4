import type { OutgoingHttpHeaders } from 'node:http';
import { liveQuery } from '@fairseat/common/contracts/live';
import { responses } from '@fairseat/common/contracts/problem';
import { networksOf, type Routes, type ServiceContext } from '@fairseat/common/kit';
import { z } from 'zod';
import {
  type Audience,
  MAX_BY_CROWD,
  MAX_BY_NETWORK,
  MAX_BY_SESSION,
  MAX_BY_USER,
  type Stream,
  topics,
} from './audience.ts';

/** More than a browser falls behind by. A slower reader is cut off, and reconnects to a new `reset`. */
const MAX_BUFFERED_BYTES = 64 * 1024;
const RECONNECT_AFTER_MS = 2000;
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  // A connection that is kept for another request would hold up the stop.
  connection: 'close',
  // Proxies that buffer answers would hold the events back.
  'x-accel-buffering': 'no',
};

export const routes =
  (audience: Audience, stopWatching: () => void, { visitorOf }: ServiceContext): Routes =>
  async (app) => {
    app.addHook('preClose', (done) => {
      stopWatching();
      audience.close();
      done();
    });

    app.get(
      '/api/live',
      {
        config: { security: [{}, { session: [] }] },
        schema: {
          tags: ['live'],
          operationId: 'followChanges',
          summary: 'Changes as they happen: of these tickets, your own, and your orders',
          description:
            'Server-sent events. `reset` comes first: read afresh what is shown. Then `ticket` and `order`, ' +
            'each the whole record, and `beat` while nothing changes.',
          querystring: liveQuery,
          response: {
            200: { content: { 'text/event-stream': { schema: z.string() } } },
            ...responses({}, 400, 429, 503),
          },
        },
      },
      async (request, reply) => {
        // A stream without a body would never end.
        if (request.method === 'HEAD') return reply.headers(HEADERS).send('' as never);
        const session = await visitorOf(request);
        const [network, wide = network] = networksOf(request.ip);
        const who = session ? topics.session(session.sessionId) : topics.network(network);
        const crowd = topics.crowd(wide);
        audience.admit(crowd, MAX_BY_CROWD);
        audience.admit(who, session ? MAX_BY_SESSION : MAX_BY_NETWORK);
        if (session) audience.admit(topics.user(session.userId), MAX_BY_USER);

        reply.hijack();
        const { raw } = reply;
        // A connection that closed while the session was looked up emits no further `close`.
        if (raw.destroyed) return;
        const ticketIds = new Set(request.query.tickets?.split(','));
        const stream: Stream = {
          topics: [
            who,
            crowd,
            ...(session ? [topics.user(session.userId)] : []),
            ...[...ticketIds].map(topics.ticket),
          ],
          write(frame) {
            raw.write(frame);
            if (raw.writableLength > MAX_BUFFERED_BYTES) raw.destroy();
          },
          end: () => raw.end(),
          mayGoOn: async () => session === null || (await visitorOf(request)) !== null,
        };
        raw.once('close', () => audience.remove(stream));
        reply.headers(HEADERS);
        raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
        raw.write(`retry: ${RECONNECT_AFTER_MS}\n\n`);
        audience.add(stream);
      },
    );
  };
