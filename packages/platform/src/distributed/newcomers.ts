import type { Clock } from '@fairseat/common/ports';
import { DeliverPolicy } from '@nats-io/jetstream';
import type { Collection } from 'mongodb';
import { brief, type Mongo } from './mongodb.ts';
import type { Nats } from './nats.ts';

/** The durable consumers for which a service has said everything, and until when a replica of it is busy with that. */
interface Known {
  _id: string;
  consumers: string[];
  busyUntil: number;
}

interface NewcomersOptions {
  clock: Clock;
  onTrouble: (error: unknown) => void;
}

const LOOK_INTERVAL_MS = 5000;
const BUSY_MS = 15_000;

/**
 * Notices durable consumers that are new at the stream of a service. Where the stream no longer has the service's first
 * events, it says everything again.
 */
export class Newcomers {
  readonly #nats: Nats;
  readonly #mongo: Mongo;
  readonly #options: NewcomersOptions;
  readonly #services = new Map<string, () => Promise<void>>();
  #looking = Promise.resolve();
  #cancel = () => {};
  #running = false;

  constructor(nats: Nats, mongo: Mongo, options: NewcomersOptions) {
    this.#nats = nats;
    this.#mongo = mongo;
    this.#options = options;
  }

  add(service: string, sayAgain: () => Promise<void>) {
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
    const services = [...this.#services];
    this.#looking = Promise.all(services.map((service) => this.#look(...service)))
      .catch((error) => {
        if (this.#running) this.#options.onTrouble(error);
      })
      .then(() => {
        if (!this.#running) return;
        this.#cancel = this.#options.clock.after(LOOK_INTERVAL_MS, () => this.#lookNow());
      });
  }

  async #look(service: string, sayAgain: () => Promise<void>) {
    const stream = this.#nats.streams.find((each) => each.service === service)?.name;
    if (stream === undefined) return;
    const { admin } = await this.#nats.open();
    const present: string[] = [];
    for await (const { name, created, config } of admin.consumers.list(stream)) {
      // One that begins elsewhere has taken over from another.
      const isFromFirst = config.deliver_policy === DeliverPolicy.All;
      if (config.durable_name && isFromFirst) present.push(`${name} ${created}`);
    }
    const known = await this.#known(service, present);
    if (present.every((consumer) => known.includes(consumer))) return;
    const { state } = await admin.streams.info(stream);
    if (state.first_seq <= 1) await this.#note(service, present);
    else if (await this.#claim(service, known)) await this.#say(service, sayAgain, present);
  }

  #collection = (service: string): Collection<Known> =>
    this.#mongo.database(service).collection('consumers');

  /** Those that are there when a service first looks have heard it from its beginning, or from release 0.1.0. */
  async #known(service: string, present: string[]): Promise<string[]> {
    const first = { $setOnInsert: { consumers: present, busyUntil: 0 } };
    const options = { upsert: true, returnDocument: 'after', ...brief } as const;
    const saved = await this.#mongo.run(() =>
      this.#collection(service).findOneAndUpdate({ _id: service }, first, options),
    );
    return saved?.consumers ?? [];
  }

  #note(service: string, consumers: string[]) {
    const change = { $set: { consumers, busyUntil: 0 } };
    return this.#mongo.run(() =>
      this.#collection(service).updateOne({ _id: service }, change, brief),
    );
  }

  /** One replica at a time. Two would do no harm but say everything twice. */
  async #claim(service: string, consumers: string[]): Promise<boolean> {
    const now = this.#options.clock.now();
    const isFree = { _id: service, consumers, busyUntil: { $lt: now } };
    const { matchedCount } = await this.#mongo.run(() =>
      this.#collection(service).updateOne(isFree, { $set: { busyUntil: now + BUSY_MS } }, brief),
    );
    return matchedCount === 1;
  }

  async #say(service: string, sayAgain: () => Promise<void>, present: string[]) {
    const { clock, onTrouble } = this.#options;
    let cancel = () => {};
    const renew = () => {
      const later = { $set: { busyUntil: clock.now() + BUSY_MS } };
      this.#collection(service).updateOne({ _id: service }, later, brief).catch(onTrouble);
      cancel = clock.after(BUSY_MS / 3, renew);
    };
    cancel = clock.after(BUSY_MS / 3, renew);
    try {
      await sayAgain();
    } finally {
      cancel();
    }
    await this.#note(service, present);
  }
}
