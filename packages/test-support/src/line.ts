/** HTTP over one connection, as bytes. */
import { connect, type Socket } from 'node:net';
import type { ProblemBody } from './marketplace.ts';

interface HttpReply {
  status: number;
  headers: Record<string, string>;
  body: ProblemBody;
}

export class Line {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #closed = false;
  #wake = () => {};

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (data) => {
      this.#received = Buffer.concat([this.#received, data as Buffer]);
      this.#wake();
    });
    // A server that cuts a connection may reset it.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  write(text: string | Buffer) {
    this.#socket.write(text);
    return this;
  }

  async #news() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
  }

  /** Resolves once the server has closed the connection. */
  async closed() {
    while (!this.#closed) await this.#news();
  }

  /** The next whole reply. */
  async reply(): Promise<HttpReply> {
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n') + 4;
      const [statusLine = '', ...lines] = this.#received
        .toString('latin1', 0, end)
        .trim()
        .split('\r\n');
      const headers = Object.fromEntries(
        lines
          .map((line) => line.split(': '))
          .map(([name = '', value = '']) => [name.toLowerCase(), value]),
      );
      const next = end + Number(headers['content-length'] ?? 0);
      if (end > 3 && this.#received.length >= next) {
        const text = this.#received.toString('utf8', end, next);
        this.#received = this.#received.subarray(next);
        const body = headers['content-type']?.includes('json') ? JSON.parse(text) : text;
        return { status: Number(statusLine.split(' ')[1]), headers, body };
      }
      if (this.#closed) throw new Error(`closed after: ${this.#received}`);
      await this.#news();
    }
  }

  [Symbol.dispose]() {
    this.#socket.destroy();
  }
}
