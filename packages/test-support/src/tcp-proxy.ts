/** For tests: listens on a port of its own, and pairs each connection with one to a real server. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export abstract class TcpProxy {
  target: URL;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((near) => this.join(near));

  protected constructor(target: string) {
    this.target = new URL(target);
  }

  protected async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** A client has connected. */
  protected abstract join(near: Socket): void;

  /** Connects to the server for this client. Each of the two ends with the other; what they say is not passed on. */
  protected pair(near: Socket): Socket {
    const far = connect(Number(this.target.port), this.target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    return far;
  }

  protected endAll() {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close() {
    this.endAll();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
