/** A program of somebody else that webhooks are sent to. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Received {
  headers: IncomingHttpHeaders & Record<string, string>;
  body: string;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
export const answering =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end();

export class Receiver implements AsyncDisposable {
  readonly received: Received[] = [];
  readonly #server: Server;
  /** What it does with the next messages. */
  answer: Answer = answering(204);
  #wake = () => {};

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await text(request);
      this.received.push({ headers: request.headers as Received['headers'], body });
      this.answer(response, request);
      this.#wake();
    });
  }

  static async open(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url() {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  /** The types of what has come. */
  get types(): string[] {
    return this.received.map(({ body }) => JSON.parse(body).type);
  }

  /** Resolves once so many messages have come. */
  async until(count: number): Promise<Received[]> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received;
  }

  async [Symbol.asyncDispose]() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
