/** Receives live events like a browser, over a connection of its own. */
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { type LiveEventName, liveEvents } from '@fairseat/common/contracts/live';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';

/** A live event; `name` narrows it. */
export type Heard =
  | { name: 'reset' | 'beat'; data: { now: string } }
  | { name: 'ticket'; data: TicketRecord }
  | { name: 'order'; data: OrderRecord };

export class Listener {
  readonly response: IncomingMessage;
  /** All events received so far. */
  readonly heard: Heard[] = [];
  /** All text received so far. */
  text = '';
  #rest = '';
  #returned = 0;
  #wake = () => {};
  /** Resolves once the server has ended the stream, or cut it. */
  readonly ended: Promise<void>;

  private constructor(response: IncomingMessage) {
    this.response = response;
    this.ended = new Promise((resolve) => {
      response.once('close', resolve);
    });
    // A stream that is cut ends with an error.
    response.on('error', () => {});
    response.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
      const frames = (this.#rest + chunk).split('\n\n');
      this.#rest = frames.pop() ?? '';
      this.heard.push(...frames.map(parse).filter((event) => event !== undefined));
      this.#wake();
    });
  }

  /** Connects, whatever the status of the answer. */
  static async open(origin: string, path = '', headers: Record<string, string> = {}) {
    // Browsers too would keep the connection for the next request.
    const agent = new Agent({ keepAlive: true });
    const request = get(`${origin}/api/live${path}`, { headers, agent });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new Listener(response);
  }

  /** Returns the next event, once it has come. */
  async next(): Promise<Heard> {
    for (;;) {
      const event = this.heard[this.#returned];
      if (event) {
        this.#returned += 1;
        return event;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Returns the next event that fits, and skips others before it. */
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

/** @throws Error when the frame does not fit its schema. */
function parse(frame: string): Heard | undefined {
  if (/^retry: \d+$/.test(frame)) return undefined;
  const [, name, data = ''] = /^event: (\w+)\ndata: (.+)$/.exec(frame) ?? [];
  if (name === undefined) throw new Error(`not an event: ${frame}`);
  const schema = liveEvents[name as LiveEventName].strict();
  return { name, data: schema.parse(JSON.parse(data)) } as Heard;
}
