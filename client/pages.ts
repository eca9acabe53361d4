/** The pages, mounted on an app: beside the API on its port, or alone in front of an API elsewhere. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { currentStory } from '@fairseat/common/context';
import { type App, type Config, strictTransport } from '@fairseat/common/kit';
import { traceparentOf } from '@fairseat/common/trace-context';
import { build } from './build.ts';
import type { Client } from './server.ts';

/** The address at which the process reaches itself when it listens on all addresses. */
const LOOPBACK: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

export class Pages {
  readonly #config: Config;
  /** Known to this process alone: a request with it may name the visitor's address. */
  readonly #apiKey = randomBytes(32).toString('base64url');
  readonly #underWay = new Set<ServerResponse>();
  readonly #opened = Promise.withResolvers<Client>();
  #app: App | undefined;
  #client: Client | undefined;
  #closing = false;

  constructor(config: Config) {
    this.#config = config;
  }

  get ready() {
    return this.#client !== undefined;
  }

  /** Builds the pages if needed, then serves them. Call when the app listens. */
  async open() {
    if (!this.#app) throw new Error('mount() must be called before open()');
    const { log, server } = this.#app;
    const { apiOrigin, publicOrigin, currency } = this.#config;
    await build();
    // Before the build there is nothing to load.
    const { createClient } = await import('./server.ts');
    const ownOrigin = originOf(server.address() as AddressInfo);
    this.#client = await createClient({
      ...(apiOrigin === undefined ? { apiOrigin: ownOrigin, apiKey: this.#apiKey } : { apiOrigin }),
      ownOrigin,
      publicOrigin,
      transport: strictTransport(this.#config),
      currency,
      onError: (error) => log.error({ err: error }, 'a page failed'),
      onRefusal: (status, error) => log.warn({ status, err: error }, 'a page was refused'),
    });
    this.#opened.resolve(this.#client);
  }

  async close() {
    await this.#client?.close();
  }

  /** Passes every request without a route to the pages, its body unread. Call before the app is ready. */
  mount(app: App) {
    this.#app = app;
    app.addHook('onRequest', (request, reply, done) => {
      const { headers } = request;
      if (headers['x-client-key'] === this.#apiKey) {
        Object.defineProperty(request, 'ip', { value: headers['x-forwarded-for'] });
      }
      if (!request.is404 || request.url.startsWith('/api/')) return done();
      const story = currentStory();
      Object.assign(headers, {
        'x-forwarded-for': request.ip,
        'x-request-id': request.id,
        traceparent: story && traceparentOf(story, story.traceId),
        tracestate: story?.tracestate,
      });
      reply.hijack();
      reply.raw.setHeader('x-request-id', request.id);
      this.#show(request.raw, reply.raw).catch((error) => {
        // A visitor who leaves before the form has arrived gets no answer.
        if (!request.raw.destroyed) request.log.error({ err: error }, 'a page failed');
        reply.raw.destroy();
      });
    });
    // Pages call the API, so it must stay up until they are answered.
    app.addHook('preClose', async () => {
      this.#closing = true;
      await Promise.all([...this.#underWay].map((response) => once(response, 'close')));
    });
  }

  async #show(request: IncomingMessage, response: ServerResponse) {
    this.#underWay.add(response);
    response.once('close', () => {
      this.#underWay.delete(response);
      // A connection that is kept alive would hold up the stop.
      if (this.#closing) request.socket.destroySoon();
    });
    // After a restart, requests arrive before the pages are ready. They wait, since a browser would keep an error page.
    const client = await this.#opened.promise;
    await client.handle(request, response);
  }
}

function originOf({ address, family, port }: AddressInfo) {
  const host = LOOPBACK[address] ?? address;
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`;
}
