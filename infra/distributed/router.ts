/** One address for all services, for one machine: elsewhere an ingress does this. */
import { noSuchPage, Unavailable } from '@fairseat/common/errors';
import { replyWithProblem } from '@fairseat/common/kit';
import proxy from '@fastify/http-proxy';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Fleet, ServiceName } from './fleet.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The process that answers this request. */
    upstream: string;
  }
}

/** Which service answers what. */
const routes: Record<string, ServiceName> = {
  '/api/users': 'auth',
  '/api/tickets': 'tickets',
  '/api/orders': 'orders',
  '/api/payments': 'payments',
  '/api/test-gateway': 'payments',
  '/api/live': 'live',
};

/** Longer than any answer takes. */
const ANSWER_WITHIN_MS = 60_000;

export async function createRouter(
  fleet: Fleet,
  trustProxy: string | false,
): Promise<FastifyInstance> {
  const router = Fastify({ trustProxy, forceCloseConnections: 'idle' });
  router.decorateRequest('upstream', '');
  router.setErrorHandler(replyWithProblem);
  router.setNotFoundHandler((request, reply) => replyWithProblem(noSuchPage(), request, reply));
  for (const [prefix, service] of Object.entries(routes)) {
    const away = () => new Unavailable(`${service} does not answer`);
    await router.register(proxy, {
      prefix,
      rewritePrefix: prefix,
      upstream: '',
      undici: { headersTimeout: ANSWER_WITHIN_MS, bodyTimeout: ANSWER_WITHIN_MS },
      preHandler: (request, _reply, done) => {
        request.upstream = fleet.urlOf(service) ?? '';
        done(request.upstream ? undefined : away());
      },
      replyOptions: {
        getUpstream: ({ upstream }) => upstream,
        // Whatever the client says of itself, the services hear where it really comes from.
        rewriteRequestHeaders: ({ ip }, headers) => ({ ...headers, 'x-forwarded-for': ip }),
        onError: (reply) => void reply.send(away()),
      },
    });
  }
  await addDocumentation(router, fleet);
  router.get('/healthz', () => ({ status: 'ok' }));
  router.get('/readyz', (_request, reply) =>
    fleet.isReady ? { status: 'ready' } : reply.code(503).send({ status: 'not ready' }),
  );
  return router;
}

/** Every service describes its own part of the API: here they are one. */
async function addDocumentation(router: FastifyInstance, fleet: Fleet) {
  const documents = await Promise.all(
    [...new Set(Object.values(routes))].map(async (service) => {
      const reply = await fetch(`${fleet.urlOf(service)}/api/openapi.json`);
      return (await reply.json()) as { paths: object };
    }),
  );
  const paths = Object.assign({}, ...documents.map((document) => document.paths));
  await router.register(swagger, {
    mode: 'static',
    specification: { document: { ...documents[0], paths } as never },
  });
  router.get('/api/openapi.json', () => router.swagger());
  await router.register(swaggerUi, { routePrefix: '/docs' });
}
