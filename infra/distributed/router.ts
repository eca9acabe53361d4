/** One address for all services and the pages on one machine; elsewhere an ingress does this. */
import { noSuchPage, Unavailable } from '@fairseat/common/errors';
import {
  connectionLimits,
  limitPipelining,
  replyWithProblem,
  type Service,
} from '@fairseat/common/kit';
import proxy from '@fastify/http-proxy';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance } from 'fastify';
import { CLIENT, type Fleet } from './fleet.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The address of the process that answers this request. */
    upstream: string;
  }
}

/** Longer than any answer takes. */
const ANSWER_WITHIN_MS = 60_000;

export interface RouterOptions {
  /** The addresses or networks whose `X-Forwarded-For` is believed; false for none. */
  trustProxy: string | false;
  withPages: boolean;
  /** The origin at which browsers reach it. */
  publicOrigin: string;
}

/** The router for the public: the API, its documentation and the pages. */
export async function createRouter(fleet: Fleet, services: Service[], options: RouterOptions) {
  const { trustProxy, withPages, publicOrigin } = options;
  const router = Fastify({ ...shared, trustProxy, ...connectionLimits() });
  limitPipelining(router);
  // Each process has metrics of its own, and they are not for the public.
  router.addHook('onRequest', ({ url }, _reply, done) => {
    done(URL.parse(url, 'http://x')?.pathname === '/metrics' ? noSuchPage() : undefined);
  });
  await addApi(router, fleet, services);
  if (withPages) {
    await passOn(router, fleet, '', CLIENT);
    sendHome(router, new URL(publicOrigin));
  }
  await addDocumentation(router, fleet, services);
  router.get('/healthz', () => ({ status: 'ok' }));
  router.get('/readyz', (_request, reply) =>
    fleet.isReady ? { status: 'ready' } : reply.code(503).send({ status: 'not ready' }),
  );
  return router;
}

/** Where the processes of a service are. */
type Addresses = Pick<Fleet, 'urlOf'>;

/** The router for the pages: the API alone. It believes the address of the visitor that they send. */
export async function createInnerRouter(fleet: Addresses, services: Service[]) {
  const router = Fastify({ ...shared, trustProxy: 'loopback' });
  await addApi(router, fleet, services);
  return router;
}

const shared = { forceCloseConnections: 'idle' } as const;

async function addApi(router: FastifyInstance, fleet: Addresses, services: Service[]) {
  router.decorateRequest('upstream', '');
  router.setErrorHandler(replyWithProblem);
  router.setNotFoundHandler((request, reply) => replyWithProblem(noSuchPage(), request, reply));
  for (const { name, prefixes } of services) {
    for (const prefix of prefixes) await passOn(router, fleet, prefix, name);
  }
}

async function passOn(router: FastifyInstance, fleet: Addresses, prefix: string, service: string) {
  const away = () => new Unavailable(`${service} does not answer`);
  await router.register(proxy, {
    prefix,
    rewritePrefix: prefix,
    upstream: '',
    // Each live stream keeps a connection for itself.
    undici: {
      headersTimeout: ANSWER_WITHIN_MS,
      bodyTimeout: ANSWER_WITHIN_MS,
      connections: null,
    },
    preHandler: (request, _reply, done) => {
      request.upstream = fleet.urlOf(service) ?? '';
      done(request.upstream ? undefined : away());
    },
    replyOptions: {
      getUpstream: ({ upstream }) => upstream,
      // The services receive the address that the request really came from, whatever its header said.
      rewriteRequestHeaders: ({ ip }, headers) => ({ ...headers, 'x-forwarded-for': ip }),
      onError: (reply) => void reply.send(away()),
      // A 503 would be retried ten times.
      retryDelay: () => null,
    },
  });
}

/** Forms are accepted from one origin alone, so visitors of `localhost` are sent there. */
function sendHome(router: FastifyInstance, home: URL) {
  if (home.hostname !== '127.0.0.1') return;
  const { host } = new URL(`http://localhost:${home.port}`);
  for (const path of ['/', '/*']) {
    router.get(path, { constraints: { host } }, ({ url }, reply) =>
      reply.redirect(home.origin + url, 307),
    );
  }
}

/** Every service documents its own part of the API, so the parts are merged here. */
async function addDocumentation(router: FastifyInstance, fleet: Fleet, services: Service[]) {
  const documents = await Promise.all(
    services.map(async ({ name }) => {
      const reply = await fetch(`${fleet.urlOf(name)}/api/openapi.json`);
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
