import { CursorGone } from '@fairseat/common/errors';
import type { EventLog, LoggedEvent } from '@fairseat/common/ports';
import { StorageType, type StreamInfo } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { keptMs } from '../delivery.ts';
import { retentionOf } from '../retention.ts';
import { Lookout } from './lookout.ts';
import type { Nats, NatsOptions } from './nats.ts';
import { inNamespace, isNoStream } from './streams.ts';
import { fromWire } from './wire.ts';

const NAME = 'feed';
/** Metadata: when each stream was made that this one has events of. */
const SOURCES = 'fairseat.sources';
const LOOK_EVERY_MS = 3000;

type Made = Record<string, string>;

interface FeedStreamOptions {
  nats: Nats;
  stream: Pick<NatsOptions, 'namespace' | 'replicas' | 'retention' | 'clock'>;
  onError: (error: unknown) => void;
}

/**
 * A stream in which NATS itself gathers those of all services, so that their events have one order. It is made by whoever
 * reads it first. Where a service's stream was lost and made anew, its numbers begin anew, and so does this one.
 */
export class FeedStream implements EventLog {
  readonly #options: FeedStreamOptions;
  readonly #name: string;
  /** NATS tells here of each event, without its body, once it is in the stream. */
  readonly #stored: string;
  readonly #listeners = new Set<() => void>();
  readonly lookout: Lookout;
  #telling: Promise<unknown> | undefined;
  #isUsed = false;

  constructor(options: FeedStreamOptions) {
    const { nats, stream, onError } = options;
    this.#options = options;
    this.#name = inNamespace(stream.namespace, '_', NAME);
    this.#stored = inNamespace(stream.namespace, '.', `${NAME}.stored`);
    const look = async () => this.#isUsed && (await this.declare());
    this.lookout = new Lookout({ clock: stream.clock, intervalMs: LOOK_EVERY_MS, look, onError });
    nats.onReconnect(() => {
      this.lookout.lookNow();
      this.#tell();
    });
  }

  /** From now on the stream is made and kept up. */
  use(): EventLog {
    this.#isUsed = true;
    return this;
  }

  async read(after: string, limit: number): Promise<LoggedEvent[]> {
    return this.#asking(async () => {
      const info = await this.#info();
      const { oldest, newest } = endsOf(info);
      const [epoch, seq] = placeOf(after);
      const [own, first] = placeOf(oldest);
      const last = info.state.last_seq;
      if (epoch !== own || !(seq >= first && seq <= last)) throw new CursorGone(oldest);
      if (after === newest) return [];
      const { admin } = await this.#options.nats.open();
      const some = { seq: seq + 1, batch: Math.min(limit, last - seq) };
      const events: LoggedEvent[] = [];
      for await (const message of await admin.direct.getBatch(this.#name, some)) {
        // Some were forgotten meanwhile.
        if (message.seq !== seq + 1 + events.length) break;
        const cursor = cursorOf(epoch, message.seq);
        events.push({ cursor, event: JSON.parse(fromWire(message.data)) });
      }
      if (events.length === 0) throw new CursorGone(endsOf(await this.#info()).oldest);
      return events;
    });
  }

  ends() {
    return this.#asking(async () => endsOf(await this.#info()));
  }

  onMore(listener: () => void) {
    this.#listeners.add(listener);
    this.#telling ??= this.#listen().catch(() => {
      this.#telling = undefined;
    });
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async #listen() {
    const { connection } = await this.#options.nats.open();
    connection.subscribe(`${this.#stored}.>`, { callback: () => this.#tell() });
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }

  async #info(): Promise<StreamInfo> {
    const { admin } = await this.#options.nats.open();
    try {
      return await admin.streams.info(this.#name);
    } catch (error) {
      if (isNoStream(error)) return await this.declare();
      throw error;
    }
  }

  /** Makes the stream, and adds the streams of services that have come to be. */
  async declare(): Promise<StreamInfo> {
    const { admin } = await this.#options.nats.open();
    const made = await this.#made();
    const present = await admin.streams.info(this.#name).catch((error) => {
      if (isNoStream(error)) return undefined;
      throw error;
    });
    if (!present) return admin.streams.add(this.#config(made));
    const before = JSON.parse(present.config.metadata?.[SOURCES] ?? '{}') as Made;
    const isAnew = (name: string) => name in before && before[name] !== made[name];
    if (Object.keys(made).some(isAnew)) {
      await admin.streams.delete(this.#name);
      return admin.streams.add(this.#config(made));
    }
    // Another release may know of services that this one does not.
    const all = { ...before, ...made };
    const kept = present.config as unknown as Record<string, unknown>;
    const isSame = Object.entries(this.#settings()).every(([key, value]) => kept[key] === value);
    const isWhole = Object.keys(all).length === Object.keys(before).length;
    return isSame && isWhole ? present : admin.streams.update(this.#name, this.#config(all));
  }

  /** The streams of services that are there, with the time that each was made. */
  async #made(): Promise<Made> {
    const { nats } = this.#options;
    const { admin } = await nats.open();
    const made = await Promise.all(
      nats.streams.map(async ({ name }) => {
        try {
          return [[name, (await admin.streams.info(name)).created]] as const;
        } catch (error) {
          if (isNoStream(error)) return [];
          throw error;
        }
      }),
    );
    return Object.fromEntries(made.flat());
  }

  #settings() {
    const { replicas, retention } = this.#options.stream;
    const kept = retention ? retentionOf(retention) : { max_age: nanos(keptMs()) };
    return { num_replicas: replicas, ...kept };
  }

  #config(made: Made) {
    const sources = Object.keys(made).map((name) => ({ name }));
    return {
      name: this.#name,
      ...(sources.length > 0 && { sources }),
      storage: StorageType.File,
      ...this.#settings(),
      allow_direct: true,
      republish: { src: '>', dest: `${this.#stored}.>`, headers_only: true },
      metadata: { [SOURCES]: JSON.stringify(made) },
    };
  }

  #asking = <T>(ask: () => Promise<T>): Promise<T> =>
    this.#options.nats.asking(ask).catch((error: Error) => {
      throw error.cause instanceof CursorGone ? error.cause : error;
    });
}

const cursorOf = (epoch: string, seq: number) => `${epoch}-${seq}`;

/** The time at which the stream was made tells it from one that was there before. */
function endsOf({ created, state }: StreamInfo) {
  const epoch = Date.parse(created).toString(36);
  const { first_seq: first, last_seq: last } = state;
  return { oldest: cursorOf(epoch, Math.max(first - 1, 0)), newest: cursorOf(epoch, last) };
}

function placeOf(cursor: string): [epoch: string, seq: number] {
  const [, epoch = '', seq = 'NaN'] = /^([0-9a-z]+)-(\d{1,15})$/.exec(cursor) ?? [];
  return [epoch, Number(seq)];
}
