/** One address for all services and the pages on one machine; elsewhere an ingress does this. */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { noSuchPage, Unavailable } from '@fairseat/common/errors';
import {
  type App,
  BODY_LIMIT,
  type Config,
  createApp,
  createLog,
  serveDocumentation,
} from '@fairseat/common/kit';
import proxy from '@fastify/http-proxy';
import { showAwayPage } from './away-page.ts';
import type { Part } from './parts.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The address of the process that answers this request. */
    upstream: string;
  }
}

/** Longer than any answer takes. */
const ANSWER_WITHIN_MS = 60_000;

export interface RouterOptions {
  config: Config;
  withPages: boolean;
  /** The origin at which browsers reach it. */
  publicOrigin: string;
  /** The longest that a request may take to arrive; 10 s unless given. */
  requestTimeoutMs?: number;
}

/** The name of the pages among those of the services. */
export const CLIENT = 'client';

/** The processes behind it. */
export interface Members {
  /** The address of a process of this service, each in its turn; undefined where there is none. */
  urlOf: (service: string) => string | undefined;
  readonly isReady: boolean;
}

/** The router for the public: the API, its documentation and the pages. */
export async function createRouter(fleet: Members, services: Part[], options: RouterOptions) {
  const { config, withPages, publicOrigin, requestTimeoutMs } = options;
  const router = await createInnerRouter(fleet, services, config, requestTimeoutMs);
  if (withPages) {
    await passOn(router, fleet, '', CLIENT, (app) => showAwayPage(app, config));
    sendHome(router, new URL(publicOrigin));
  }
  await addDocumentation(router, fleet, services);
  return router;
}

/** The router for the pages: the API alone. */
export async function createInnerRouter(
  fleet: Members,
  services: Part[],
  config: Config,
  requestTimeoutMs?: number,
) {
  const router = await createApp({
    config,
    log: createLog(config.logLevel).child({ service: 'router' }),
    newId: () => randomBytes(16).toString('hex'),
    isReady: () => fleet.isReady,
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
  });
  router.decorateRequest('upstream', '');
  for (const { name, prefixes, webhooks = {} } of services) {
    for (const prefix of prefixes) await passOn(router, fleet, prefix, name);
    for (const [path, bodyLimit] of Object.entries(webhooks)) {
      await passOn(router, fleet, path, name, (app) => {
        holdBodies(app);
        asWebhook(app, bodyLimit);
      });
    }
  }
  return router;
}

async function passOn(
  router: App,
  fleet: Members,
  prefix: string,
  service: string,
  prepare: (app: App) => void = holdBodies,
) {
  const away = () => new Unavailable(`${service} does not answer`);
  await router.register(async (app) => {
    app.removeAllContentTypeParsers();
    prepare(app);
    await app.register(proxy, {
      prefix,
      rewritePrefix: prefix,
      upstream: '',
      proxyPayloads: service === CLIENT,
      // Each live stream keeps a connection for itself.
      undici: {
        headersTimeout: ANSWER_WITHIN_MS,
        bodyTimeout: ANSWER_WITHIN_MS,
        connections: null,
      },
      preHandler: (request, reply, done) => {
        // The headers are those of the process that answers.
        for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
        request.upstream = fleet.urlOf(service) ?? '';
        if (leavesItsPath(request.url)) done(noSuchPage());
        else done(request.upstream ? undefined : away());
      },
      replyOptions: {
        getUpstream: ({ upstream }) => upstream,
        // The services receive the address that the request really came from, whatever its header said.
        rewriteRequestHeaders: ({ ip, id }, headers) => ({
          ...headers,
          'x-forwarded-for': ip,
          'x-request-id': id,
        }),
        onError: (reply) => void reply.send(away()),
        // A 503 would be retried ten times.
        retryDelay: () => null,
      },
    });
  });
}

/**
 * A body is passed on when it is whole. A service that refuses a body before its end closes the connection, whereupon
 * its answer could be lost.
 */
function holdBodies(app: App) {
  const options = { parseAs: 'buffer', bodyLimit: BODY_LIMIT } as const;
  app.addContentTypeParser<Buffer>('*', options, (_request, body, done) => {
    done(null, body.length > 0 ? Readable.from([body]) : undefined);
  });
}

/** Other servers may call from any origin, with bodies of this many bytes. */
function asWebhook(app: App, bodyLimit: number) {
  app.addHook('onRoute', (route) => {
    Object.assign(route, { bodyLimit, config: { ...route.config, webhook: true } });
  });
}

/** True for a path that the proxy would refuse: with `..`, or escapes that mean nothing. */
function leavesItsPath(url: string): boolean {
  const [path = ''] = url.split('?');
  try {
    return decodeURIComponent(path).replaceAll('\\', '/').split('/').includes('..');
  } catch {
    return true;
  }
}

/** Forms are accepted from one origin alone, so visitors of `localhost` are sent there. */
function sendHome(router: App, home: URL) {
  if (home.hostname !== '127.0.0.1') return;
  const { host } = new URL(`http://localhost:${home.port}`);
  for (const path of ['/', '/*']) {
    router.get(path, { constraints: { host } }, ({ url }, reply) =>
      reply.redirect(home.origin + url, 307),
    );
  }
}

/** Every service documents its own part of the API, so the parts are merged here. */
async function addDocumentation(router: App, fleet: Members, services: Part[]) {
  const documents = await Promise.all(
    services.map(async ({ name }) => {
      const reply = await fetch(`${fleet.urlOf(name)}/api/openapi.json`);
      return (await reply.json()) as { paths: object; components: { schemas: object } };
    }),
  );
  const paths = Object.assign({}, ...documents.map((document) => document.paths));
  const schemas = Object.assign({}, ...documents.map(({ components }) => components.schemas));
  const components = { ...documents[0]?.components, schemas };
  const document = { ...documents[0], paths, components } as never;
  await serveDocumentation(router, { mode: 'static', specification: { document } });
}
