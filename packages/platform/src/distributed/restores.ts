import { type AnyEvent, parseEvent } from '@fairseat/common/events';
import type { Clock, PublishedState } from '@fairseat/common/ports';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { Collection } from 'mongodb';
import { newestOf, sameMessage } from '../restores.ts';
import type { Mongo } from './mongodb.ts';
import type { Nats } from './nats.ts';
import { fromWire } from './wire.ts';

/** The last event in the stream of a service that its database knew to be there. */
interface Mark {
  _id: string;
  seq: number;
  eventId: string;
  streamCreated: string;
}

interface RestoresOptions {
  clock: Clock;
  onTrouble: (error: unknown) => void;
}

const MARK_INTERVAL_MS = 5000;
const READ_AT_ONCE = 50;
/** So many events are looked at where no mark tells how many may be missing. */
const LOOK_BACK = 100;

/**
 * Notices that a database or a stream went back in time to a backup. A service's own stream is the log of its public
 * states, and its database remembers how far that log had come: of what follows there, the database must have all.
 */
export class Restores {
  readonly #nats: Nats;
  readonly #mongo: Mongo;
  readonly #options: RestoresOptions;
  readonly #services = new Map<string, PublishedState>();
  #marking = Promise.resolve();
  #cancel = () => {};
  #running = false;

  constructor(nats: Nats, mongo: Mongo, options: RestoresOptions) {
    this.#nats = nats;
    this.#mongo = mongo;
    this.#options = options;
  }

  add(service: string, state: PublishedState) {
    this.#services.set(service, state);
  }

  /** Call it before any event is handled. */
  async start() {
    const services = [...this.#services];
    await Promise.all(services.map((service) => this.#takeBack(...service)));
    this.#running = true;
    this.#markNow();
  }

  async stop() {
    this.crash();
    await this.#marking;
  }

  crash() {
    this.#running = false;
    this.#cancel();
  }

  #markNow() {
    const services = [...this.#services];
    this.#marking = Promise.all(services.map((service) => this.#mark(...service)))
      .catch((error) => {
        if (this.#running) this.#options.onTrouble(error);
      })
      .then(() => {
        if (!this.#running) return;
        this.#cancel = this.#options.clock.after(MARK_INTERVAL_MS, () => this.#markNow());
      });
  }

  #marks = (service: string): Collection<Mark> =>
    this.#mongo.database(service).collection('published');

  async #open(service: string) {
    const { admin } = await this.#nats.open();
    const stream = this.#nats.streams.find((each) => each.service === service)?.name;
    const mark = await this.#mongo.run(() => this.#marks(service).findOne({ _id: service }));
    const info = stream === undefined ? undefined : await admin.streams.info(stream);
    return { admin, mark, info };
  }

  async #takeBack(service: string, state: PublishedState) {
    const { admin, mark, info } = await this.#open(service);
    // A stream that was made anew tells nothing of what was before it.
    if (!info || (mark && mark.streamCreated !== info.created)) return;
    const { first_seq: first, last_seq: last } = info.state;
    // An empty stream begins with 0.
    const before = Math.max(first - 1, 0);
    const lostBehind = async (seq: number) => {
      const events = newestOf(await eventsBehind(admin, info.config.name, seq, last));
      const isLost = await Promise.all(events.map((event) => state.isLost(event)));
      return events.filter((_, n) => isLost[n]);
    };
    let lost = await lostBehind(Math.max(before, mark?.seq ?? last - LOOK_BACK));
    // A database without a mark is older than marks, or empty.
    if (lost.length > 0 && !mark) lost = await lostBehind(before);
    if (lost.length === 0) return;
    await state.takeBack(lost);
    await this.#receiveAgain(admin, service);
  }

  /** What the group has handled since the backup is forgotten with it: its consumers begin anew. */
  async #receiveAgain(admin: JetStreamManager, group: string) {
    for (const { name: stream } of this.#nats.streams) {
      for await (const { config } of admin.consumers.list(stream)) {
        const durable = config.durable_name;
        if (durable !== group && !durable?.startsWith(`${group}-`)) continue;
        await admin.consumers.delete(stream, durable);
      }
    }
  }

  /** Whatever is in the stream was saved before: the mark never says more than the database has. */
  async #mark(service: string, state: PublishedState) {
    const { admin, mark, info } = await this.#open(service);
    if (!info) return;
    const { config, created: streamCreated } = info;
    const { first_seq: first, last_seq: seq } = info.state;
    if (mark?.streamCreated === streamCreated && mark.seq >= Math.max(first, 1)) {
      const kept = await messageAt(admin, config.name, mark.seq);
      if (!sameMessage(mark, kept)) await state.streamWentBack();
    }
    const last = seq >= Math.max(first, 1) ? await messageAt(admin, config.name, seq) : undefined;
    const eventId = last?.id ?? '';
    const isSame = mark?.seq === seq && mark.eventId === eventId;
    if (isSame && mark.streamCreated === streamCreated) return;
    const change = { $set: { seq, eventId, streamCreated } };
    await this.#mongo.run(() =>
      this.#marks(service).updateOne({ _id: service }, change, { upsert: true }),
    );
  }
}

async function eventsBehind(admin: JetStreamManager, stream: string, seq: number, last: number) {
  const events: AnyEvent[] = [];
  for (let from = seq + 1; from <= last; from += READ_AT_ONCE) {
    const count = Math.min(READ_AT_ONCE, last - from + 1);
    const page = Array.from({ length: count }, (_, n) => messageAt(admin, stream, from + n));
    events.push(...(await Promise.all(page)).filter((event) => event !== undefined));
  }
  return events;
}

/** Undefined where the message is not there, or is no event of today. */
async function messageAt(admin: JetStreamManager, stream: string, seq: number) {
  const message = await admin.streams.getMessage(stream, { seq });
  try {
    return message ? parseEvent(JSON.parse(fromWire(message.data))) : undefined;
  } catch {
    return undefined;
  }
}
