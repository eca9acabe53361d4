import { LIVE_BEAT_SECONDS, type LiveEventName, liveEvents } from '@fairseat/common/contracts/live';
import { tooManyRequests, Unavailable } from '@fairseat/common/errors';
import type { AnyEvent } from '@fairseat/common/events';
import type { Clock } from '@fairseat/common/ports';

/** The live stream of one browser. */
export interface Stream {
  /** The topics that it follows and is counted by, see `topics`. */
  topics: string[];
  /** Never waits for the reader: one that falls behind is cut off. */
  write(frame: string): void;
  end(): void;
  /** True while the session that it was opened with is valid. */
  mayGoOn(): Promise<boolean>;
}

/** The names of topics. */
export const topics = {
  ticket: (id: string) => `ticket ${id}`,
  user: (id: string) => `user ${id}`,
  session: (id: string) => `session ${id}`,
  network: (network: string) => `network ${network}`,
  /** All streams of a network, whoever is signed in. */
  crowd: (network: string) => `crowd ${network}`,
};

const MAX_STREAMS = 10_000;
export const MAX_BY_SESSION = 10;
/** For all sessions of a user together. */
export const MAX_BY_USER = 50;
/** For visitors who are not signed in: a whole office may share an address. */
export const MAX_BY_NETWORK = 100;
/** For all of a network: nobody alone can leave others without. */
export const MAX_BY_CROWD = MAX_STREAMS / 10;
const TRY_AGAIN_SECONDS = 10;
/** Each reader then asks for a page, and one process makes about this many in a second. */
const AFRESH_AT_ONCE = 100;
const BEAT_MS = LIVE_BEAT_SECONDS * 1000;

/** All open streams, by topic. */
export class Audience {
  readonly #clock: Clock;
  readonly #limited: boolean;
  readonly #beatAt = new Map<Stream, number>();
  readonly #byTopic = new Map<string, Set<Stream>>();
  /** Streams that have yet to be sent `reset`. */
  readonly #stale = new Set<Stream>();
  #closed = false;

  constructor(clock: Clock, limited: boolean) {
    this.#clock = clock;
    this.#limited = limited;
  }

  /** @throws Problem (429) when the topic has as many streams as it may, Unavailable when this process has. */
  admit(topic: string, limit: number) {
    if (this.#closed || this.#beatAt.size >= MAX_STREAMS) {
      throw new Unavailable('no more live streams here');
    }
    const open = this.#byTopic.get(topic)?.size ?? 0;
    if (this.#limited && open >= limit) {
      throw tooManyRequests(
        'Too many pages are open at once. Close some, or reload for news.',
        TRY_AGAIN_SECONDS,
      );
    }
  }

  add(stream: Stream) {
    for (const topic of stream.topics) {
      const others = this.#byTopic.get(topic);
      if (others) others.add(stream);
      else this.#byTopic.set(topic, new Set([stream]));
    }
    this.#beatAt.set(stream, this.#clock.monotonic() + BEAT_MS);
    stream.write(frame('reset', this.#time()));
  }

  remove(stream: Stream) {
    this.#beatAt.delete(stream);
    this.#stale.delete(stream);
    for (const topic of stream.topics) {
      const others = this.#byTopic.get(topic);
      others?.delete(stream);
      if (others?.size === 0) this.#byTopic.delete(topic);
    }
  }

  /** The number of open streams, and of the topics that they follow. */
  get open() {
    return { streams: this.#beatAt.size, topics: this.#byTopic.size };
  }

  /** Writes an event to the streams that follow its ticket or belong to its user. */
  publish(event: AnyEvent) {
    if (this.#beatAt.size === 0) return;
    if (event.type === 'session.ended') {
      for (const stream of this.#of(topics.session(event.data.sessionId))) stream.end();
    } else if (isOfTicket(event)) {
      const { id, userId } = event.data;
      this.#write('ticket', event.data, topics.ticket(id), topics.user(userId));
    } else if (isOfOrder(event)) {
      this.#write('order', event.data, topics.user(event.data.userId));
    }
  }

  /** Sends `reset` to all streams, since events may have been missed: to some now, and to more with each beat. */
  startAfresh() {
    for (const stream of this.#beatAt.keys()) this.#stale.add(stream);
    this.#resetStale();
  }

  #resetStale() {
    const reset = frame('reset', this.#time());
    for (const stream of [...this.#stale].slice(0, AFRESH_AT_ONCE)) {
      this.#stale.delete(stream);
      stream.write(reset);
    }
  }

  /** Sends `beat` to the streams whose turn it is, and ends those whose session has ended. */
  async beat() {
    this.#resetStale();
    const now = this.#clock.monotonic();
    const due = [...this.#beatAt].filter(([, at]) => at <= now).map(([stream]) => stream);
    const beat = frame('beat', this.#time());
    const beaten = due.map(async (stream) => {
      this.#beatAt.set(stream, now + BEAT_MS);
      if (await stream.mayGoOn()) stream.write(beat);
      else stream.end();
    });
    await Promise.all(beaten);
  }

  /** Ends all streams, and admits no more. */
  close() {
    this.#closed = true;
    for (const stream of this.#beatAt.keys()) stream.end();
  }

  #of = (topic: string) => this.#byTopic.get(topic) ?? [];

  #time = () => ({ now: new Date(this.#clock.now()).toISOString() });

  #write(name: LiveEventName, data: object, ...followed: string[]) {
    const streams = new Set(followed.flatMap((topic) => [...this.#of(topic)]));
    if (streams.size === 0) return;
    const text = frame(name, data);
    for (const stream of streams) stream.write(text);
  }
}

type About<N extends string> = Extract<AnyEvent, { type: `${N}.${string}` }>;
const isOfTicket = (event: AnyEvent): event is About<'ticket'> => event.type.startsWith('ticket.');
const isOfOrder = (event: AnyEvent): event is About<'order'> => event.type.startsWith('order.');

/** The data is parsed, so that only its public fields are sent. */
const frame = (name: LiveEventName, data: object) =>
  `event: ${name}\ndata: ${JSON.stringify(liveEvents[name].parse(data))}\n\n`;
