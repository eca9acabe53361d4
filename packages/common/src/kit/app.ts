import cookie from '@fastify/cookie';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { jsonSchemaTransform, validatorCompiler } from 'fastify-type-provider-zod';
import { Histogram, Registry } from 'prom-client';
import type { ZodType } from 'zod';
import { inStory, traceIdIn } from '../context.ts';
import { badRequest, forbidden, noSuchPage, type Problem } from '../errors.ts';
import { TRACEPARENT } from '../events.ts';
import type { Config } from './config.ts';
import type { Log } from './log.ts';
import { limitPipelining } from './pipelining.ts';
import { rawProblem, replyWithProblem } from './problems.ts';
import type { Session } from './sessions.ts';
import { sessionCookie } from './signed-in.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `signedIn`; null where nobody needs to be. */
    session: Session | null;
  }
}

export interface AppOptions {
  config: Config;
  log: Log;
  metrics?: Registry;
  newId: () => string;
  /** Whether requests can be served now. */
  isReady: () => boolean;
  /** How long a request may take to arrive. */
  requestTimeoutMs?: number;
}

export type App = FastifyInstance;

const KIB = 1024;
const REQUEST_TIMEOUT_MS = 10_000;
/** Longer than any answer takes: who neither sends nor reads for so long is gone. */
const IDLE_TIMEOUT_MS = 30_000;

/** The HTTP side that all services share: limits, problem documents, headers, probes, metrics and documentation. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, log, newId, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const addHeaders = commonHeaders(config);
  const limits = connectionLimits(requestTimeoutMs);
  const app = Fastify({
    loggerInstance: forFastify(log),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => requestIdFrom(request.headers['x-request-id']) ?? newId(),
    bodyLimit: 16 * KIB,
    ...limits,
    // Node would answer without a body; see `refusalOf`.
    http: { ...limits.http, requireHostHeader: false },
    trustProxy: config.trustedProxies ?? false,
    // What has arrived is answered also while stopping; its connection is closed after that.
    return503OnClosing: false,
    // A path that cannot be decoded or has an endless id reaches no hook and no route.
    frameworkErrors: (_error, request, reply) => {
      addHeaders(request, reply);
      void replyWithProblem(noSuchPage(), request, reply);
    },
    clientErrorHandler(error, socket) {
      if (socket.writable) socket.write(rawProblem((error as NodeJS.ErrnoException).code));
      socket.destroySoon();
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  // Parsed, not encoded: a record saved before a field was added gets that field's default.
  app.setSerializerCompiler(({ schema }) => {
    const answer = schema as ZodType;
    return (data) => JSON.stringify(answer.parse(data));
  });
  app.setErrorHandler(replyWithProblem);
  app.setNotFoundHandler((request, reply) => replyWithProblem(noSuchPage(), request, reply));
  app.decorateRequest('session', null);
  acceptJsonOnly(app);
  limitPipelining(app);
  // Node would answer an unknown expectation by itself.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response);
  });
  app.addHook('onRequest', (request, reply, done) => {
    addHeaders(request, reply);
    const refusal = refusalOf(request, config);
    if (refusal) done(refusal);
    else inStory({ correlationId: request.id, traceId: traceIdOf(request, newId) }, done);
  });
  endConnectionsOnClose(app);
  await app.register(cookie);
  addProbes(app, options);
  return app;
}

/** What a server that strangers reach allows each connection. */
export function connectionLimits(requestTimeoutMs = REQUEST_TIMEOUT_MS) {
  return {
    requestTimeout: requestTimeoutMs,
    connectionTimeout: IDLE_TIMEOUT_MS,
    http: {
      maxHeaderSize: 16 * KIB,
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs),
      // Nothing here speaks another protocol. Next.js would take such a connection, and nobody would ever end it.
      shouldUpgradeCallback: () => false,
    },
  };
}

/**
 * Fastify asks for a child for each request, but every line tells its story anyway; see `createLog`. What it logs as
 * information is where it listens, which whoever starts it says better.
 */
function forFastify(log: Log): FastifyBaseLogger {
  const childless: FastifyBaseLogger = Object.create(log, {
    child: { value: () => childless },
    info: { value: log.debug },
  });
  return childless;
}

const requestIdFrom = (header: string | string[] | undefined) =>
  typeof header === 'string' && /^[\w-]{8,64}$/.test(header) ? header : undefined;

/** The caller's trace goes on; else one begins that is named like the request. */
function traceIdOf({ id, headers: { traceparent } }: FastifyRequest, newId: () => string) {
  if (typeof traceparent === 'string' && TRACEPARENT.test(traceparent)) {
    return traceIdIn(traceparent);
  }
  return /^[0-9a-f]{32}$/.test(id) ? id : newId();
}

/** Bodies are JSON in well-formed UTF-8; anything that could reach a prototype is refused. */
function acceptJsonOnly(app: App) {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    // Some clients always name the type; a DELETE has nothing to say.
    if (request.method === 'DELETE' && body.length === 0) {
      done(null, undefined);
      return;
    }
    let text: string;
    try {
      text = utf8.decode(body as Buffer);
    } catch {
      done(badRequest('invalid_utf8', 'The body is not valid UTF-8.'), undefined);
      return;
    }
    void parseJson(request, text, done);
  });
}

function commonHeaders(config: Config) {
  const headers = {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    ...(config.publicOrigin?.startsWith('https:') && {
      'strict-transport-security': 'max-age=31536000',
    }),
  };
  return (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(headers).header('x-request-id', request.id);
  };
}

/** What no route may be asked: HTTP/1.1 without a host, and changes by another site. */
function refusalOf(request: FastifyRequest, config: Config): Problem | undefined {
  const { raw } = request;
  // A request without one may mean to slip past a proxy.
  if (raw.headers.host === undefined && raw.httpVersion === '1.1') {
    return badRequest('malformed_http', 'The Host header is missing.');
  }
  const changes = raw.method !== 'GET' && raw.method !== 'HEAD' && raw.method !== 'OPTIONS';
  if (changes && isFromElsewhere(request, config)) {
    return forbidden('other_origin', 'This request came from another site.');
  }
  return undefined;
}

/** Keeps other sites from acting with the visitor's cookie. Programs that are no browser send neither header. */
function isFromElsewhere(request: FastifyRequest, config: Config): boolean {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined) return !isOwnOrigin(origin, request, config);
  return site !== undefined && site !== 'same-origin';
}

function isOwnOrigin(origin: string, request: FastifyRequest, config: Config) {
  if (config.publicOrigin) return origin === config.publicOrigin;
  const port = request.socket.localPort;
  return ['127.0.0.1', 'localhost', '[::1]', config.host].some(
    // Browsers leave out port 80.
    (name) => origin === `http://${name}:${port}`.replace(/:80$/, ''),
  );
}

/** A connection kept alive after its last answer would hold up the stop. */
function endConnectionsOnClose(app: App) {
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (closing) reply.header('connection', 'close');
    done();
  });
}

/** The reader needs its own scripts and styles, and nothing from another host. */
const DOCS_CSP =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/** Describes the routes that are added from then on. */
export async function addDocumentation(app: App, config: Config) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Fairseat',
        version: '1',
        description:
          'List tickets, hold one, pay for it while nobody else can. Errors are RFC 9457 problem documents. ' +
          'To try it here, sign up below: the cookie goes with every request from then on. ' +
          'This document as JSON: /api/openapi.json',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: sessionCookie(config).name },
        },
      },
    },
    transform: (documented) => {
      const { schema, url } = jsonSchemaTransform(documented);
      const needsSession = documented.route.onRequest !== undefined;
      return { schema: { ...schema, ...(needsSession && { security: [{ session: [] }] }) }, url };
    },
  });
  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformStaticCSP: () => DOCS_CSP,
    theme: { title: 'Fairseat API' },
    uiConfig: { validatorUrl: null, layout: 'BaseLayout' },
  });
}

function addProbes(app: FastifyInstance, { metrics = new Registry(), isReady }: AppOptions) {
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
    request.log.debug({ method, url: request.url, status: reply.statusCode });
    done();
  });
  const hidden = { schema: { hide: true } };
  app.get('/healthz', hidden, () => ({ status: 'ok' }));
  app.get('/readyz', hidden, (_request, reply) =>
    isReady() ? { status: 'ready' } : reply.code(503).send({ status: 'not ready' }),
  );
  app.get('/metrics', hidden, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
}
