import type { Clock } from '@fairseat/common/ports';
import { DeliverPolicy } from '@nats-io/jetstream';
import type { Collection } from 'mongodb';
import { type Leased, Leases } from './leases.ts';
import { Lookout } from './lookout.ts';
import { brief, type Mongo } from './mongodb.ts';
import type { Nats } from './nats.ts';

/** The durable consumers for which a service has said everything. */
interface Known extends Leased {
  consumers: string[];
}

interface NewcomersOptions {
  clock: Clock;
  onTrouble: (error: unknown) => void;
}

const LOOK_INTERVAL_MS = 5000;

/**
 * Notices durable consumers that are new at the stream of a service. Where the stream no longer has the service's first
 * events, it says everything again.
 */
export class Newcomers {
  readonly #nats: Nats;
  readonly #mongo: Mongo;
  readonly #leases: Leases;
  readonly lookout: Lookout;
  readonly #services = new Map<string, () => Promise<void>>();

  constructor(nats: Nats, mongo: Mongo, { clock, onTrouble }: NewcomersOptions) {
    this.#nats = nats;
    this.#mongo = mongo;
    this.#leases = new Leases(mongo, clock, onTrouble);
    this.lookout = new Lookout({
      clock,
      intervalMs: LOOK_INTERVAL_MS,
      look: () => Promise.all([...this.#services].map((service) => this.#look(...service))),
      onError: onTrouble,
    });
  }

  add(service: string, sayAgain: () => Promise<void>) {
    this.#services.set(service, sayAgain);
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
    const isWhole = state.first_seq <= 1;
    const own = { _id: service, consumers: known };
    await this.#leases.hold(this.#collection(service), own, async () => {
      if (!isWhole) await sayAgain();
      return { consumers: present };
    });
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
}
