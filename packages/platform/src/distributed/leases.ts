import type { Clock } from '@fairseat/common/ports';
import type { Collection, Filter, MatchKeysAndValues } from 'mongodb';
import { brief, type Mongo } from './mongodb.ts';

/** Of a document: until when (milliseconds since 1970) a replica is at work on what the document is about. */
export interface Leased {
  _id: string;
  busyUntil: number;
}

const BUSY_MS = 15_000;

/** Lets one replica at a time do what would do no harm if two did it, but cost twice as much. */
export class Leases {
  readonly #mongo: Mongo;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;

  constructor(mongo: Mongo, clock: Clock, onError: (error: unknown) => void) {
    this.#mongo = mongo;
    this.#clock = clock;
    this.#onError = onError;
  }

  /**
   * Does `work` unless the document has changed or another replica is at it: then it returns false. What `work`
   * returns is saved in the document.
   */
  async hold<T extends Leased>(
    collection: Collection<T>,
    document: { _id: string } & Partial<T> & Filter<T>,
    work: () => Promise<Partial<T>>,
  ): Promise<boolean> {
    const now = this.#clock.now();
    const isFree: Filter<T> = { ...document, busyUntil: { $lt: now } };
    const change = (changed: object) => ({ $set: changed as MatchKeysAndValues<T> });
    const claimed = await this.#mongo.run(() =>
      collection.updateOne(isFree, change({ busyUntil: now + BUSY_MS }), brief),
    );
    if (claimed.matchedCount === 0) return false;
    const own = { _id: document._id } as Filter<T>;
    const renewal = this.#renewing((busyUntil) =>
      collection.updateOne(own, change({ busyUntil }), brief),
    );
    let done = {};
    try {
      done = await work();
    } finally {
      renewal.cancel();
      await this.#mongo.run(() =>
        collection.updateOne(own, change({ ...done, busyUntil: 0 }), brief),
      );
    }
    return true;
  }

  #renewing(renew: (busyUntil: number) => Promise<unknown>) {
    let cancel = () => {};
    const again = () => {
      cancel = this.#clock.after(BUSY_MS / 3, () => {
        renew(this.#clock.now() + BUSY_MS).catch(this.#onError);
        again();
      });
    };
    again();
    return { cancel: () => cancel() };
  }
}
