import type { Clock } from '@fairseat/common/ports';
import type { Collection } from 'mongodb';
import { type Leased, Leases } from './leases.ts';
import { Lookout } from './lookout.ts';
import { brief, type Mongo } from './mongodb.ts';
import type { Nats } from './nats.ts';

/** The stream on which a service has published everything. */
interface Marker extends Leased {
  /** The time the server created that stream. A stream that replaces a lost one has a later time. */
  streamCreated: string;
}

interface LossesOptions {
  clock: Clock;
  onLoss: (service: string) => void;
  onError: (error: unknown) => void;
}

const LOOK_INTERVAL_MS = 3000;

/** Detects that a stream was lost, and makes its service say every record's state again. */
export class Losses {
  readonly #nats: Nats;
  readonly #mongo: Mongo;
  readonly #options: LossesOptions;
  readonly #leases: Leases;
  readonly lookout: Lookout;
  readonly #services = new Map<string, () => Promise<void>>();
  /** By service: the stream on which everything is published, as far as this process knows. */
  readonly #said = new Map<string, string>();

  constructor(nats: Nats, mongo: Mongo, options: LossesOptions) {
    const { clock, onError } = options;
    this.#nats = nats;
    this.#mongo = mongo;
    this.#options = options;
    this.#leases = new Leases(mongo, clock, onError);
    const look = () => this.#look();
    this.lookout = new Lookout({ clock, intervalMs: LOOK_INTERVAL_MS, look, onError });
    nats.onReconnect(() => this.lookout.lookNow());
  }

  watch(service: string, sayAgain: () => Promise<void>) {
    this.#services.set(service, sayAgain);
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
    // Without a marker, nothing was ever published.
    const first = { $setOnInsert: { streamCreated: created, busyUntil: 0 } };
    const options = { upsert: true, returnDocument: 'after', ...brief } as const;
    const marker = await this.#mongo.run(() =>
      this.#markers(service).findOneAndUpdate({ _id: service }, first, options),
    );
    if (!marker || marker.streamCreated === created) return true;
    const { streamCreated } = marker;
    return this.#leases.hold(this.#markers(service), { _id: service, streamCreated }, async () => {
      this.#options.onLoss(service);
      await sayAgain();
      return { streamCreated: created };
    });
  }
}
