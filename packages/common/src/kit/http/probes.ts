import type { FastifyInstance } from 'fastify';

const hidden = { schema: { hide: true } };

/** Adds `/healthz` (the process is alive) and `/readyz` (it can serve now, else 503). */
export function addProbes(app: FastifyInstance, isReady: () => boolean) {
  app.get('/healthz', hidden, () => ({ status: 'ok' }));
  app.get('/readyz', hidden, (_request, reply) =>
    isReady() ? { status: 'ready' } : reply.code(503).send({ status: 'not ready' }),
  );
}
