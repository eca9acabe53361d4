import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { Registry } from 'prom-client';
import { inStory } from '../../context.ts';
import { noSuchPage } from '../../errors.ts';
import type { Platform } from '../../ports/index.ts';
import type { Config } from '../process/config.ts';
import type { Log } from '../process/log.ts';
import { commonHeaders } from './headers.ts';
import { speakJson } from './json.ts';
import { BODY_LIMIT, connectionLimits } from './limits.ts';
import { linkNextPage } from './links.ts';
import { answerOtherMethods } from './methods.ts';
import { measureRequests } from './metrics.ts';
import { isAmong } from './network.ts';
import { addOperations } from './operations.ts';
import { refusalOf } from './origin.ts';
import { limitPipelining } from './pipelining.ts';
import { rawProblem, replyWithProblem } from './problems.ts';
import type { Session } from './sessions.ts';
import { createRequestId, storyOfRequest } from './story.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `signedIn`; null on routes without it. */
    session: Session | null;
  }
  interface FastifyContextConfig {
    /** Called by another server, which signs its JSON: any origin, no session, and the body as the bytes received. */
    webhook?: boolean;
  }
}

export interface AppOptions {
  config: Config;
  log: Log;
  metrics?: Registry;
  newId: () => string;
  /** True while requests can be served. */
  isReady: () => boolean;
  /** What its tables still fill, where it has tables. */
  backfills?: Platform['backfills'];
  /** The longest that a request may take to arrive; 10 s unless given. */
  requestTimeoutMs?: number;
}

export type App = FastifyInstance;

/** The HTTP app that all services share: limits, problem documents, headers, probes and metrics. */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, log, newId, requestTimeoutMs, isReady, metrics = new Registry() } = options;
  const addHeaders = commonHeaders(config);
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    addHeaders(request, reply);
    return replyWithProblem(error, request, reply);
  };
  const limits = connectionLimits(requestTimeoutMs);
  const app = Fastify({
    loggerInstance: forFastify(log),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: createRequestId(newId),
    bodyLimit: BODY_LIMIT,
    ...limits,
    // Node would refuse a missing Host header without a body; see `refusalOf`.
    http: { ...limits.http, requireHostHeader: false },
    trustProxy: config.trustedProxies === undefined ? false : isAmong(config.trustedProxies),
    // A request that has arrived is answered even while stopping; its connection is closed after that.
    return503OnClosing: false,
    // A path that cannot be decoded or has too long an id reaches no hook and no route.
    frameworkErrors: (_error, request, reply) => void refuse(noSuchPage(), request, reply),
    clientErrorHandler(error, socket) {
      if (socket.writable) socket.write(rawProblem((error as NodeJS.ErrnoException).code));
      socket.destroySoon();
    },
  });
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) => refuse(noSuchPage(), request, reply));
  app.decorateRequest('session', null);
  speakJson(app);
  limitPipelining(app);
  // Node would answer an unknown `Expect` header itself; here such a request is served like any other.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response);
  });
  app.addHook('onRequest', (request, reply, done) => {
    addHeaders(request, reply);
    const refusal = refusalOf(request, config);
    if (refusal) done(refusal);
    else inStory(storyOfRequest(request, newId), done);
  });
  answerOtherMethods(app);
  linkNextPage(app);
  endConnectionsOnClose(app);
  measureRequests(app, metrics);
  addOperations(app, { metrics, isReady, backfills: options.backfills ?? (() => []) }, config);
  return app;
}

/**
 * Fastify makes a child logger for each request, though every line has its correlation id anyway; see `createLog`. Its
 * lines of level info name the addresses it listens on, which the program that starts it prints itself.
 */
function forFastify(log: Log): FastifyBaseLogger {
  const childless: FastifyBaseLogger = Object.create(log, {
    child: { value: () => childless },
    info: { value: log.debug },
  });
  return childless;
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
