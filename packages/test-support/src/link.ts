/** For tests: a TCP proxy between a platform and a real server, which can be cut. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export class Link {
  #target: URL;
  readonly #sockets = new Set<Socket>();
  #isDown = false;
  #lost: RegExp | undefined;
  readonly #server = createServer((near) => this.#join(near));

  private constructor(target: string) {
    this.#target = new URL(target);
  }

  static async to(target: string): Promise<Link> {
    const link = new Link(target);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  /** The server's address by way of this link. */
  get url(): string {
    const { port } = this.#server.address() as { port: number };
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String(port);
    return url.href;
  }

  /** Ends every connection and refuses new ones. */
  cut() {
    this.#isDown = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** New connections lead to another server, as when a name is given to it. */
  lead(target: string) {
    this.#target = new URL(target);
  }

  /** From now on the server receives everything and no answer comes back, or none that matches. */
  loseAnswers(matching = /^/) {
    this.#lost = matching;
  }

  mend() {
    this.#isDown = false;
    this.#lost = undefined;
  }

  async close() {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket) {
    if (this.#isDown) {
      near.destroy();
      return;
    }
    const far = connect(Number(this.#target.port), this.#target.hostname);
    near.on('data', (data) => far.write(data));
    far.on('data', (data) => {
      if (!this.#isDown && !this.#lost?.test(String(data))) near.write(data);
    });
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
  }
}
