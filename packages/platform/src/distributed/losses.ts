import type { Clock } from '@fairseat/common/ports';
import type { Collection } from 'mongodb';
import { brief, type Mongo } from './mongodb.ts';
import type { Nats } from './nats.ts';

/** The stream on which a service has published everything, and the claim of the replica that is saying it again. */
interface Marker {
  _id: string;
  /** The time the server created that stream. A stream that replaces a lost one has a later time. */
  streamCreated: string;
  busyUntil: number;
}

interface LossesOptions {
  clock: Clock;
  onLoss: (service: string) => void;
  onError: (error: unknown) => void;
}

const LOOK_INTERVAL_MS = 3000;
const BUSY_MS = 15_000;

/** Detects that a stream was lost, and makes its service say every record's state again. */
export class Losses {
  readonly #nats: Nats;
  readonly #mongo: Mongo;
  readonly #options: LossesOptions;
  readonly #services = new Map<string, () => Promise<void>>();
  /** By service: the stream on which everything is published, as far as this process knows. */
  readonly #said = new Map<string, string>();
  #looking = Promise.resolve();
  #cancel = () => {};
  #running = false;

  constructor(nats: Nats, mongo: Mongo, options: LossesOptions) {
    this.#nats = nats;
    this.#mongo = mongo;
    this.#options = options;
    nats.onReconnect(() => {
      if (this.#running) this.#lookNow();
    });
  }

  watch(service: string, sayAgain: () => Promise<void>) {
    this.#services.set(service, sayAgain);
  }

  start() {
    this.#running = true;
    this.#lookNow();
  }

  async stop() {
    this.crash();
    await this.#looking;
  }

  crash() {
    this.#running = false;
    this.#cancel();
  }

  #lookNow() {
    const look = this.#look()
      .catch((error) => {
        if (this.#running) this.#options.onError(error);
      })
      .then(() => {
        if (!this.#running) return;
        this.#cancel();
        this.#cancel = this.#options.clock.after(LOOK_INTERVAL_MS, () => this.#lookNow());
      });
    // A look that began before a reconnect may still wait for an answer that will not come.
    this.#looking = this.#looking.then(() => look);
  }

  async #look() {
    if (this.#services.size === 0) return;
    // Makes those that are missing.
    const streams = await this.#nats.declareStreams();
    for (const [service, sayAgain] of this.#services) {
      const name = this.#nats.streams.find((stream) => stream.service === service)?.name;
      const created = streams.find(({ config }) => config.name === name)?.created;
      if (created === undefined || this.#said.get(service) === created) continue;
      if (await this.#isSaid(service, created, sayAgain)) this.#said.set(service, created);
    }
  }

  #markers = (service: string): Collection<Marker> =>
    this.#mongo.database(service).collection('streams');

  /** Makes sure that everything is published. Returns false while another replica is saying it again. */
  async #isSaid(service: string, created: string, sayAgain: () => Promise<void>): Promise<boolean> {
    const own = { _id: service };
    // Without a marker, nothing was ever published.
    const first = { $setOnInsert: { streamCreated: created, busyUntil: 0 } };
    const marker = await this.#mongo.run(() =>
      this.#markers(service).findOneAndUpdate(own, first, {
        upsert: true,
        returnDocument: 'after',
        ...brief,
      }),
    );
    if (marker?.streamCreated === created) return true;
    if (!(await this.#claim(service, created))) return false;
    this.#options.onLoss(service);
    const renewing = this.#renewing(service);
    const free = { busyUntil: 0 };
    try {
      await sayAgain();
      Object.assign(free, { streamCreated: created });
    } finally {
      renewing.cancel();
      await this.#mongo.run(() => this.#markers(service).updateOne(own, { $set: free }, brief));
    }
    return true;
  }

  /** Lets one replica in at a time. Two would do no harm, but publish everything twice. */
  async #claim(service: string, created: string): Promise<boolean> {
    const now = this.#options.clock.now();
    const isFree = { _id: service, streamCreated: { $ne: created }, busyUntil: { $lt: now } };
    const claim = { $set: { busyUntil: now + BUSY_MS } };
    const { matchedCount } = await this.#mongo.run(() =>
      this.#markers(service).updateOne(isFree, claim, brief),
    );
    return matchedCount === 1;
  }

  #renewing(service: string) {
    const { clock, onError } = this.#options;
    let cancel = () => {};
    const renew = () => {
      const later = { $set: { busyUntil: clock.now() + BUSY_MS } };
      this.#markers(service).updateOne({ _id: service }, later, brief).catch(onError);
      cancel = clock.after(BUSY_MS / 3, renew);
    };
    cancel = clock.after(BUSY_MS / 3, renew);
    return { cancel: () => cancel() };
  }
}
