/** Hears the feed of events like a program outside, over a connection of its own. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { OuterEvent } from '@fairseat/common/contracts/feed';
import { addKey } from '@fairseat/feed';
import type { TestMarketplace } from './marketplace.ts';

let names = 0;

/** Makes a key for these types. */
export async function keyFor(market: TestMarketplace, types: string, name = `key-${++names}`) {
  const createdAt = new Date(market.clock.now()).toISOString();
  const key = await addKey(market.platform.registry('feed'), { name, types, createdAt });
  if (key === undefined) throw new Error(`${name} is taken`);
  return key;
}

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

export class FeedListener {
  readonly response: IncomingMessage;
  readonly events: OuterEvent[] = [];
  /** The cursor of the last event, or of a beat behind it. */
  cursor = '';
  text = '';
  /** Resolves once the server has ended the stream, or cut it. */
  readonly ended: Promise<void>;
  #rest = '';
  #wake = () => {};

  private constructor(response: IncomingMessage) {
    this.response = response;
    this.ended = new Promise((resolve) => {
      response.once('close', resolve);
    });
    response.on('error', () => {});
    response.setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
      const frames = (this.#rest + chunk).split('\n\n');
      this.#rest = frames.pop() ?? '';
      for (const frame of frames) this.#take(frame);
      this.#wake();
    });
  }

  /** Connects, whatever the status of the answer. */
  static async open(origin: string, key: string, query = '', headers: object = {}) {
    const accept = { accept: 'text/event-stream' };
    const request = get(`${origin}/api/feed${query}`, {
      headers: { ...bearer(key), ...accept, ...headers },
      agent: false,
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return new FeedListener(response);
  }

  /** Resolves with all events, once there are so many. */
  async until(count: number): Promise<OuterEvent[]> {
    while (this.events.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.events;
  }

  leave() {
    this.response.destroy();
  }

  #take(frame: string) {
    for (const line of frame.split('\n')) {
      if (line.startsWith('id: ')) this.cursor = line.slice(4);
      if (line.startsWith('data: ')) this.events.push(JSON.parse(line.slice(6)));
    }
  }
}
