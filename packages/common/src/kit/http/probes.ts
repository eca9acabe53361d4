import type { FastifyInstance } from 'fastify';

const hidden = { schema: { hide: true } };

/** Whether the process is alive, and whether it can serve now. */
export function addProbes(app: FastifyInstance, isReady: () => boolean) {
  app.get('/healthz', hidden, () => ({ status: 'ok' }));
  app.get('/readyz', hidden, (_request, reply) =>
    isReady() ? { status: 'ready' } : reply.code(503).send({ status: 'not ready' }),
  );
}
