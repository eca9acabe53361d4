import type { FastifyInstance } from 'fastify';
import type { Backfill } from '../../ports/index.ts';

const hidden = { schema: { hide: true } };

/** Adds `/healthz` (the process is alive) and `/readyz` (it can serve now, else 503; with what it still fills). */
export function addProbes(
  app: FastifyInstance,
  isReady: () => boolean,
  backfills: () => Backfill[],
) {
  app.get('/healthz', hidden, () => ({ status: 'ok' }));
  app.get('/readyz', hidden, (_request, reply) =>
    isReady()
      ? { status: 'ready', backfills: backfills() }
      : reply.code(503).send({ status: 'not ready', backfills: backfills() }),
  );
}
