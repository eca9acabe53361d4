import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Platform } from '../../ports/index.ts';

/** Measures every request. */
export function measureRequests(app: FastifyInstance, metrics: Registry) {
  const seconds = new Histogram({
    name: 'fairseat_http_request_seconds',
    help: 'Time to answer a request',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics],
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    seconds.observe(
      { method, route: routeOptions.url ?? 'unknown', status: reply.statusCode },
      reply.elapsedTime / 1000,
    );
    request.log.debug({ method, url: withoutSecrets(request.url), status: reply.statusCode });
    done();
  });
}

/** Banks send buyers back with a secret of their payment in the address. */
const withoutSecrets = (url: string) => url.replace(/(_secret=)[^&]*/gi, '$1…');

/** Backlog and dead letters of each consumer group, and what tables still fill. */
export function createMetrics({ bus, backfills }: Pick<Platform, 'bus' | 'backfills'>): Registry {
  const metrics = new Registry();
  let asking: ReturnType<typeof bus.backlog> | undefined;
  const ask = () => {
    asking ??= bus.backlog().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  const gauge = (count: 'dead' | 'events', name: string, help: string) =>
    new Gauge({
      name,
      help,
      labelNames: ['service'],
      registers: [metrics],
      async collect() {
        // While the bus cannot be asked, its metrics are left out, and all others are still served.
        this.reset();
        for (const group of await ask().catch(() => [])) {
          this.set({ service: group.group }, group[count]);
        }
      },
    });
  gauge(
    'dead',
    'fairseat_dead_letters',
    'Events that a service gave up on; each needs a person to look at it',
  );
  gauge('events', 'fairseat_event_backlog', 'Events that a service has yet to handle');
  new Gauge({
    name: 'fairseat_backfill_records',
    help: 'Records for which a table has yet to fill what is new in its definition',
    labelNames: ['table'],
    registers: [metrics],
    collect() {
      this.reset();
      for (const { table, done, about } of backfills()) {
        this.set({ table }, Math.max(0, about - done));
      }
    },
  });
  return metrics;
}

/** Counts how often a database or a stream was found to have gone back to a backup. */
export function countRestores(metrics: Registry) {
  const counter = new Counter({
    name: 'fairseat_restores_total',
    help: 'How often a database or a stream was found to have gone back in time',
    labelNames: ['service', 'part'],
    registers: [metrics],
  });
  return (service: string, part: 'database' | 'stream') => counter.inc({ service, part });
}

/** Counts what needs a person, by its kind. */
export function countTroubles(metrics: Registry) {
  const counter = new Counter({
    name: 'fairseat_troubles_total',
    help: 'What needs a person, such as a refund that came back or a dispute; the log says more',
    labelNames: ['service', 'kind'],
    registers: [metrics],
  });
  return (service: string, kind: string) => counter.inc({ service, kind });
}
