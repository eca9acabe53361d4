import { type AnyEvent, parseOwnEvent } from '@fairseat/common/events';
import type { Clock, PublishedState } from '@fairseat/common/ports';
import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import type { Collection } from 'mongodb';
import { pause } from '../clock.ts';
import { newestOf, sameMessage } from '../restores.ts';
import { type Heard, heardBy, receiveAgain } from './heard.ts';
import { type Leased, Leases } from './leases.ts';
import { Lookout } from './lookout.ts';
import { brief, type Mongo } from './mongodb.ts';
import type { Nats } from './nats.ts';
import { fromWire } from './wire.ts';

/** The last event in the stream of a service that its database knew to be there. */
interface Mark {
  _id: string;
  seq: number;
  eventId: string;
  streamCreated: string;
  /** When it was noted, and what the service had heard of others by then; not in the marks of older releases. */
  notedAt?: string;
  heard?: Heard[];
}

/** A stream as it was at a moment. */
interface Seen {
  admin: JetStreamManager;
  info: StreamInfo | undefined;
  seenAt: string;
}

interface RestoresOptions {
  clock: Clock;
  onTrouble: (error: unknown) => void;
}

const MARK_INTERVAL_MS = 5000;
const LOOK_AGAIN_MS = 500;
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
  readonly #clock: Clock;
  readonly #leases: Leases;
  readonly lookout: Lookout;
  readonly #services = new Map<string, PublishedState>();
  /** By service: what its stream was when it was last compared with the mark. */
  readonly #compared = new Map<string, string>();

  constructor(nats: Nats, mongo: Mongo, { clock, onTrouble }: RestoresOptions) {
    this.#nats = nats;
    this.#mongo = mongo;
    this.#clock = clock;
    this.#leases = new Leases(mongo, clock, onTrouble);
    this.lookout = new Lookout({
      clock,
      intervalMs: MARK_INTERVAL_MS,
      look: () => Promise.all([...this.#services].map((service) => this.#mark(...service))),
      onError: onTrouble,
    });
  }

  add(service: string, state: PublishedState) {
    this.#services.set(service, state);
  }

  /** Call it before any event is handled. */
  async takeBack() {
    await Promise.all([...this.#services].map((service) => this.#takeBack(...service)));
  }

  #marks = (service: string): Collection<Mark> =>
    this.#mongo.database(service).collection('published');

  async #stream(service: string): Promise<Seen> {
    const { admin } = await this.#nats.open();
    const stream = this.#nats.streams.find((each) => each.service === service)?.name;
    const seenAt = new Date(this.#clock.now()).toISOString();
    const info = stream === undefined ? undefined : await admin.streams.info(stream);
    return { admin, info, seenAt };
  }

  #locks = (service: string): Collection<Leased> =>
    this.#mongo.database(service).collection('restores');

  #marked = (service: string) =>
    this.#mongo.run(() => this.#marks(service).findOne({ _id: service }, brief));

  /** One replica does it, and the others wait: they must handle nothing before. */
  async #takeBack(service: string, state: PublishedState) {
    while (await this.#whatIsLost(service, state)) {
      const locks = this.#locks(service);
      const free = { $setOnInsert: { busyUntil: 0 } };
      await this.#mongo.run(() =>
        locks.updateOne({ _id: service }, free, { upsert: true, ...brief }),
      );
      const isMine = await this.#leases.hold(locks, { _id: service }, async () => {
        const found = await this.#whatIsLost(service, state);
        if (found) {
          // After a crash here all of it is done again: what is lost still shows.
          await receiveAgain(this.#nats, service, found.heard);
          await state.takeBack(found.events, found.backup);
          await this.#note(service, await this.#newMark(service, await this.#stream(service)));
        }
        return {};
      });
      if (!isMine) await pause(this.#clock, LOOK_AGAIN_MS);
    }
  }

  /** Undefined where the database has all that its stream tells of. */
  async #whatIsLost(service: string, state: PublishedState) {
    const [{ admin, info }, saved] = await Promise.all([
      this.#stream(service),
      this.#marked(service),
    ]);
    if (!info) return undefined;
    // A stream that was made anew tells nothing of what was before it.
    const mark = saved?.streamCreated === info.created ? saved : undefined;
    const { first_seq: first, last_seq: last } = info.state;
    // An empty stream begins with 0.
    const before = Math.max(first - 1, 0);
    const lostBehind = (seq: number) => lostOf(admin, info, seq, state);
    let events = await lostBehind(Math.max(before, mark?.seq ?? last - LOOK_BACK));
    // A database without a mark is older than marks, or empty.
    if (events.length > 0 && !mark) events = await lostBehind(before);
    // Whatever follows the mark was in the database, until it went back.
    const isGap = mark !== undefined && mark.seq < before;
    if (events.length === 0 && !isGap) return undefined;
    const isCovered = mark ? !isGap : !saved && before === 0;
    return { events, heard: mark?.heard, backup: { since: saved?.notedAt, isCovered } };
  }

  /** For a process beside those of the service. */
  async declare(service: string, state: PublishedState | undefined) {
    const { admin, info } = await this.#stream(service);
    if (state) {
      const before = Math.max((info?.state.first_seq ?? 0) - 1, 0);
      const lost = info ? await lostOf(admin, info, before, state) : [];
      await state.takeBack(lost, { since: undefined, isCovered: false });
    }
    await receiveAgain(this.#nats, service);
  }

  /** Whatever is in the stream was saved before: the mark never says more than the database has. */
  async #mark(service: string, state: PublishedState) {
    let seen = await this.#stream(service);
    if (!seen.info) return;
    const { config, created: streamCreated } = seen.info;
    const { first_seq: first, last_seq: seq, last_ts: time } = seen.info.state;
    const stream = `${streamCreated} ${first} ${seq} ${time}`;
    if (this.#compared.get(service) === stream) return;
    const mark = await this.#marked(service);
    if (mark?.streamCreated === streamCreated && mark.seq >= Math.max(first, 1)) {
      const kept = await messageAt(seen.admin, config.name, mark.seq);
      if (!sameMessage(mark, kept)) {
        await state.streamWentBack();
        seen = await this.#stream(service);
      }
    }
    const next = await this.#newMark(service, seen);
    const isSame = mark?.seq === next?.seq && mark?.eventId === next?.eventId;
    if (!isSame || mark?.streamCreated !== streamCreated) await this.#note(service, next);
    this.#compared.set(service, stream);
  }

  async #newMark(service: string, { admin, info, seenAt: notedAt }: Seen) {
    if (!info) return undefined;
    const { first_seq: first, last_seq: seq } = info.state;
    const last =
      seq >= Math.max(first, 1) ? await messageAt(admin, info.config.name, seq) : undefined;
    const heard = await heardBy(this.#nats, service);
    return { seq, eventId: last?.id ?? '', streamCreated: info.created, notedAt, heard };
  }

  #note = (service: string, mark: Omit<Mark, '_id'> | undefined) =>
    this.#mongo.run(() =>
      this.#marks(service).updateOne(
        { _id: service },
        { $set: mark ?? {} },
        { upsert: true, ...brief },
      ),
    );
}

async function lostOf(
  admin: JetStreamManager,
  { config, state: { last_seq: last } }: StreamInfo,
  seq: number,
  state: PublishedState,
) {
  const events = newestOf(await eventsBehind(admin, config.name, seq, last));
  const isLost = await Promise.all(events.map((event) => state.isLost(event)));
  return events.filter((_, n) => isLost[n]);
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
    return message ? parseOwnEvent(JSON.parse(fromWire(message.data))) : undefined;
  } catch {
    return undefined;
  }
}
