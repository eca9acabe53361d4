/** The local Stripe over HTTP, on 127.0.0.1 alone. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { LocalStripe, StripeRequest } from './local-stripe.ts';
import { answerPage } from './pages.ts';

interface LocalServer {
  port: number;
  /** Resolves once all connections are closed. */
  close(): Promise<void>;
}

type OpenStripe = (origin: string) => LocalStripe;

/** Listens on the port, 0 for any, and then opens the local Stripe, which has to know its own address. */
export async function serveLocalStripe(
  port: number,
  open: OpenStripe,
  onError: (error: unknown) => void = () => {},
): Promise<LocalServer & { stripe: LocalStripe }> {
  let stripe: LocalStripe | undefined;
  const server = createServer((request, response) => {
    answer(stripe, request, response).catch((error) => {
      onError(error);
      response.destroy();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  stripe = open(`http://127.0.0.1:${bound}`);
  return {
    port: bound,
    stripe,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function answer(
  stripe: LocalStripe | undefined,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const { method = 'GET', url: path = '/' } = request;
  const body = await text(request);
  if (!stripe) throw new Error('The local Stripe is not open yet.');
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
