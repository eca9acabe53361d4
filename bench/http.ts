/** A minimal HTTP/1.1 client: on one core it must send faster than any server here answers on one. */
import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  head: string;
  body: string;
}

/** More than the longest wait of the API. */
const ANSWER_WITHIN_MS = 20_000;

export interface RequestParts {
  cookie?: string;
  headers?: Record<string, string>;
  body?: object;
}

/** A whole request as it goes over the wire, built before the clock starts. */
export function request(method: string, path: string, parts: RequestParts = {}): string {
  const body = parts.body ? JSON.stringify(parts.body) : '';
  const headers = {
    host: '127.0.0.1',
    ...(parts.cookie && { cookie: parts.cookie }),
    ...parts.headers,
    ...(body && { 'content-type': 'application/json', 'content-length': String(body.length) }),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** A connection that stays open and takes one request at a time. */
export class Connection {
  readonly #socket: Socket;
  #received = '';
  #answer: PromiseWithResolvers<Answer> | undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    // Latin-1 has one character a byte, so the length of the text compares with content-length.
    socket.setEncoding('latin1');
    socket.setNoDelay(true);
    socket.setTimeout(ANSWER_WITHIN_MS, () => this.#fail(new Error('no answer in time')));
    socket.on('data', (chunk: string) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  static open(port: number): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const socket = connect(port, '127.0.0.1', () => resolve(new Connection(socket)));
    socket.once('error', reject);
    return promise;
  }

  send(wire: string): Promise<Answer> {
    const answer = Promise.withResolvers<Answer>();
    if (this.#failure) answer.reject(this.#failure);
    this.#answer = answer;
    this.#socket.write(wire, 'latin1');
    return answer.promise;
  }

  close() {
    this.#socket.destroy();
  }

  #receive(chunk: string) {
    const text = this.#received + chunk;
    const headEnd = text.indexOf('\r\n\r\n');
    const head = text.slice(0, headEnd);
    if (headEnd < 0 || !isWhole(head, text.slice(headEnd + 4))) {
      this.#received = text;
      return;
    }
    this.#received = '';
    const answer = { status: Number(head.slice(9, 12)), head, body: text.slice(headEnd + 4) };
    this.#answer?.resolve(answer);
  }

  #fail(error: Error) {
    this.#failure ??= error;
    this.#answer?.reject(error);
  }
}

/** Pages arrive in chunks, of which the last is empty. */
function isWhole(head: string, body: string): boolean {
  if (/transfer-encoding: chunked/i.test(head)) return body.endsWith('\r\n0\r\n\r\n');
  return body.length >= Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
}

export const openAll = (port: number, count: number) =>
  Promise.all(Array.from({ length: count }, () => Connection.open(port)));

/** One request on a connection of its own. @throws when the status is not `expected`. */
export async function once(port: number, wire: string, expected: number): Promise<Answer> {
  const answer = await ask(port, wire);
  if (answer.status !== expected) throw new Error(`${answer.status}: ${answer.body}`);
  return answer;
}

/** One request on a connection of its own. */
export async function ask(port: number, wire: string): Promise<Answer> {
  const connection = await Connection.open(port);
  try {
    return await connection.send(wire);
  } finally {
    connection.close();
  }
}
