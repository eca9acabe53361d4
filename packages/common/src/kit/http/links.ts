import type { FastifyInstance } from 'fastify';

/** Adds `Link: rel="next"` (RFC 8288) to each answer with a `nextCursor`: the same query, from there on. */
export function linkNextPage(app: FastifyInstance) {
  app.addHook('preSerialization', (request, reply, payload, done) => {
    const cursor = (payload as { nextCursor?: string | null } | null)?.nextCursor;
    if (typeof cursor === 'string') {
      const [path = '', query = ''] = request.url.split('?');
      const next = new URLSearchParams(query);
      next.set('cursor', cursor);
      reply.header('link', `<${path}?${next}>; rel="next"`);
    }
    done(null, payload);
  });
}
