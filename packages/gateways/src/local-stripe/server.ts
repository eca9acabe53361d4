/** The local Stripe over HTTP, on 127.0.0.1 alone. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { LocalStripe, StripeRequest } from './local-stripe.ts';
import { answerPage } from './pages.ts';

/** Listens already, and answers once it has what to answer with: a local Stripe has to know its own address. */
export interface LocalServer {
  port: number;
  /** Where it is reached. */
  origin: string;
  serve(stripe: LocalStripe): void;
  /** Cuts all connections. */
  close(): Promise<void>;
}

/** `port` may be 0, for any that is free. @throws when it is taken. */
export async function listenLocally(
  port: number,
  onError: (error: unknown) => void = () => {},
): Promise<LocalServer> {
  const served = Promise.withResolvers<LocalStripe>();
  const server = createServer((request, response) => {
    served.promise
      .then((stripe) => answer(stripe, request, response))
      .catch((error) => {
        onError(error);
        response.destroy();
      });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  return {
    port: bound,
    origin: `http://127.0.0.1:${bound}`,
    serve: served.resolve,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The same for what needs no more than that address. */
export async function serveLocalStripe(
  port: number,
  open: (origin: string) => LocalStripe,
): Promise<LocalServer & { stripe: LocalStripe }> {
  const listening = await listenLocally(port);
  const stripe = open(listening.origin);
  listening.serve(stripe);
  return { ...listening, stripe };
}

async function answer(stripe: LocalStripe, request: IncomingMessage, response: ServerResponse) {
  const { method = 'GET', url: path = '/' } = request;
  const body = await text(request);
  if (!/^\/v\d/.test(path)) {
    const page = await answerPage(stripe, { method, path, body });
    response.writeHead(page.status, page.headers).end(page.body);
    return;
  }
  const headers = request.headers as StripeRequest['headers'];
  const answered = await stripe.handle({ method, path, headers, body });
  if (!('lost' in answered)) {
    response.writeHead(answered.status, {
      ...answered.headers,
      'content-type': 'application/json',
    });
    response.end(JSON.stringify(answered.body));
  } else if (answered.lost === 'cut') {
    response.destroy();
  }
}
