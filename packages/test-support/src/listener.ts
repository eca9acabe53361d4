/** A browser's ear for live events, over a connection of its own. */
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { type LiveEventName, liveEvents } from '@fairseat/common/contracts/live';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';

/** Anything live, told apart by `name`. */
export type Heard =
  | { name: 'reset' | 'beat'; data: { now: string } }
  | { name: 'ticket'; data: TicketRecord }
  | { name: 'order'; data: OrderRecord };

export class Listener {
  readonly response: IncomingMessage;
  /** Everything heard so far. */
  readonly heard: Heard[] = [];
  /** As it came. */
  text = '';
  #rest = '';
  #told = 0;
  #wake = () => {};
  /** Resolves once the server has ended the stream, or cut it. */
  readonly ended: Promise<void>;

  private constructor(response: IncomingMessage) {
    this.response = response;
    this.ended = new Promise((resolve) => {
      response.once('close', resolve);
    });
    // A stream that is cut ends in the middle.
    response.on('error', () => {});
    response.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
      const frames = (this.#rest + chunk).split('\n\n');
      this.#rest = frames.pop() ?? '';
      this.heard.push(...frames.map(parse).filter((event) => event !== undefined));
      this.#wake();
    });
  }

  /** Connects, whatever is answered. */
  static async open(origin: string, path = '', headers: Record<string, string> = {}) {
    // Like browsers, it would keep the connection for its next request.
    const agent = new Agent({ keepAlive: true });
    const request = get(`${origin}/api/live${path}`, { headers, agent });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new Listener(response);
  }

  /** The next event not yet asked for. */
  async next(): Promise<Heard> {
    for (;;) {
      const event = this.heard[this.#told];
      if (event) {
        this.#told += 1;
        return event;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next event that fits, others before it passed over. */
  async until(fits: (event: Heard) => boolean): Promise<Heard> {
    for (;;) {
      const event = await this.next();
      if (fits(event)) return event;
    }
  }

  close() {
    this.response.destroy();
  }
}

/** @throws when it is not what the schemas promise. */
function parse(frame: string): Heard | undefined {
  if (/^retry: \d+$/.test(frame)) return undefined;
  const [, name, data = ''] = /^event: (\w+)\ndata: (.+)$/.exec(frame) ?? [];
  if (name === undefined) throw new Error(`not an event: ${frame}`);
  const schema = liveEvents[name as LiveEventName].strict();
  return { name, data: schema.parse(JSON.parse(data)) } as Heard;
}
