import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { noSuchPage } from '../../errors.ts';
import type { Backfill } from '../../ports/index.ts';
import type { Config } from '../process/config.ts';
import { isLoopback } from './network.ts';

export interface Operations {
  metrics: Registry;
  /** True while requests can be served. */
  isReady: () => boolean;
  /** What tables still fill. */
  backfills: () => Backfill[];
}

const hidden = { schema: { hide: true } };

/**
 * Adds what operators ask: `/healthz` (the process is alive), `/readyz` (it can serve now, else 503; with what it still
 * fills), and `/metrics`. With `OPERATIONS_PORT`, a server of its own answers them as well, whatever the other is busy
 * with, and `/metrics` is there alone.
 */
export function addOperations(app: FastifyInstance, operations: Operations, config: Config) {
  const { host, operationsPort: port } = config;
  addProbes(app, operations);
  if (port === undefined) {
    addMetrics(app, operations, (request) => {
      if (!isLocal(request)) throw noSuchPage();
    });
    return;
  }
  const own = Fastify({ forceCloseConnections: true });
  addProbes(own, operations);
  addMetrics(own, operations, () => {});
  app.addHook('onReady', async () => void (await own.listen({ host, port })));
  app.addHook('onClose', () => own.close());
}

function addProbes(app: FastifyInstance, { isReady, backfills }: Operations) {
  app.get('/healthz', hidden, () => ({ status: 'ok' }));
  app.get('/readyz', hidden, (_request, reply) =>
    isReady()
      ? { status: 'ready', backfills: backfills() }
      : reply.code(503).send({ status: 'not ready', backfills: backfills() }),
  );
}

function addMetrics(
  app: FastifyInstance,
  { metrics }: Operations,
  check: (request: FastifyRequest) => void,
) {
  app.get('/metrics', hidden, async (request, reply) => {
    check(request);
    return reply.type(metrics.contentType).send(await metrics.metrics());
  });
}

/** True when the request comes from a program of this machine, and no proxy has passed it on. */
const isLocal = ({ socket, headers }: FastifyRequest) =>
  isLoopback(socket.remoteAddress ?? '') && !headers['x-forwarded-for'] && !headers['forwarded'];
