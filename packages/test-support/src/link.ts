/** For tests: a TCP proxy between a platform and a real server, which can be cut. */
import type { Socket } from 'node:net';
import { TcpProxy } from './tcp-proxy.ts';

export class Link extends TcpProxy {
  #isDown = false;
  #lost: RegExp | undefined;

  static to(target: string): Promise<Link> {
    return new Link(target).listen();
  }

  /** The server's address by way of this link. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  /** Ends every connection and refuses new ones. */
  cut() {
    this.#isDown = true;
    this.endAll();
  }

  /** New connections lead to another server, as when a name is given to it. */
  lead(target: string) {
    this.target = new URL(target);
  }

  /** From now on the server receives everything and no answer comes back, or none that matches. */
  loseAnswers(matching = /^/) {
    this.#lost = matching;
  }

  mend() {
    this.#isDown = false;
    this.#lost = undefined;
  }

  override close() {
    this.cut();
    return super.close();
  }

  protected override join(near: Socket) {
    if (this.#isDown) {
      near.destroy();
      return;
    }
    const far = this.pair(near);
    near.on('data', (data) => far.write(data));
    far.on('data', (data) => {
      if (!this.#isDown && !this.#lost?.test(String(data))) near.write(data);
    });
  }
}
