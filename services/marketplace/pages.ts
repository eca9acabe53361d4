/** The pages beside the API: on the same port, with a way to ask the API on behalf of their visitor. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client } from '@fairseat/client';
import { currentStory } from '@fairseat/common/context';
import type { App } from '@fairseat/common/kit';

export class Pages {
  /** Only the client knows it: who sends it may say for whom it asks. */
  readonly apiKey = randomBytes(32).toString('base64url');
  readonly #underWay = new Set<ServerResponse>();
  readonly #opened = Promise.withResolvers<Client>();
  #client: Client | undefined;
  #closing = false;

  get ready() {
    return this.#client !== undefined;
  }

  /** From now on there are pages. */
  open(client: Client) {
    this.#client = client;
    this.#opened.resolve(client);
  }

  async close() {
    await this.#client?.close();
  }

  /** Every request that no route is for goes to the pages, its body unread. Call before the app is ready. */
  mount(app: App) {
    app.addHook('onRequest', (request, reply, done) => {
      const { headers } = request;
      if (headers['x-client-key'] === this.apiKey) {
        Object.defineProperty(request, 'ip', { value: headers['x-forwarded-for'] });
      }
      if (!request.is404 || request.url.startsWith('/api/')) return done();
      const { traceparent } = currentStory() ?? {};
      Object.assign(headers, {
        'x-forwarded-for': request.ip,
        'x-request-id': request.id,
        traceparent,
      });
      reply.hijack();
      reply.raw.setHeader('x-request-id', request.id);
      this.#show(request.raw, reply.raw).catch((error) => {
        request.log.error({ err: error }, 'a page failed');
        reply.raw.destroy();
      });
    });
    // Pages ask the API, so it has to be there until they are answered.
    app.addHook('preClose', async () => {
      this.#closing = true;
      await Promise.all([...this.#underWay].map((response) => once(response, 'close')));
    });
  }

  async #show(request: IncomingMessage, response: ServerResponse) {
    this.#underWay.add(response);
    response.once('close', () => {
      this.#underWay.delete(response);
      // Kept alive for another request, the connection would hold up the stop.
      if (this.#closing) request.socket.destroySoon();
    });
    // After a restart browsers ask before the pages are there, and would show for good what says so.
    const client = await this.#opened.promise;
    await client.handle(request, response);
  }
}
