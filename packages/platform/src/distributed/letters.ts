import type { DeadLetter } from '@fairseat/common/ports';
import type { Collection, IndexDescription } from 'mongodb';
import { asJson, EVENTS_KEPT_MS, MAX_DEAD_LETTERS } from '../delivery.ts';
import { onceDone } from './engine.ts';
import { brief, type Mongo, patient } from './mongodb.ts';

/** An event that has failed, and the number of its failures so far. Dead once it has `diedAt`. */
interface Letter {
  _id: string;
  failures: number;
  reason: string;
  /** The body as received, which may not be JSON. */
  body: string;
  diedAt?: string;
  forgetAt?: Date;
}

const INDEXES: IndexDescription[] = [
  {
    name: 'died_at',
    key: { diedAt: 1 },
    partialFilterExpression: { diedAt: { $exists: true } },
  },
  { name: 'forget_at', key: { forgetAt: 1 }, expireAfterSeconds: 0 },
];

/** The events that one group failed to handle. All replicas count together, in the database of their service. */
export class Letters {
  readonly #mongo: Mongo;
  readonly #group: string;

  constructor(mongo: Mongo, group: string) {
    this.#mongo = mongo;
    this.#group = group;
  }

  get #collection(): Collection<Letter> {
    return this.#mongo.database(this.#group).collection('dead_letters');
  }

  readonly prepare = onceDone(() =>
    this.#mongo.run(() => this.#collection.createIndexes(INDEXES, { ...patient }), patient),
  );

  /** Counts one more failure of an event. Returns the number of its failures. */
  async fail(id: string, body: string, error: unknown, now: number): Promise<number> {
    const letter = await this.#run(() =>
      this.#collection.findOneAndUpdate(
        { _id: id },
        {
          $inc: { failures: 1 },
          // The stream keeps it no longer, so it cannot be retried after that.
          $set: { body, reason: String(error), forgetAt: new Date(now + EVENTS_KEPT_MS) },
        },
        { upsert: true, returnDocument: 'after', ...brief },
      ),
    );
    return letter?.failures ?? 1;
  }

  /** Makes it a dead letter, which is kept for good. */
  async bury(id: string, now: number) {
    const died = {
      $set: { diedAt: new Date(now).toISOString() },
      $unset: { forgetAt: '' },
    } as const;
    await this.#run(() => this.#collection.updateOne({ _id: id }, died, brief));
  }

  dead(): Promise<number> {
    return this.#run(() => this.#collection.countDocuments({ diedAt: { $exists: true } }, brief));
  }

  /** The oldest dead letters. */
  async list(): Promise<DeadLetter[]> {
    const letters = await this.#run(() =>
      this.#collection
        .find({ diedAt: { $exists: true } }, brief)
        .sort({ diedAt: 1 })
        .limit(MAX_DEAD_LETTERS)
        .toArray(),
    );
    return letters.map(({ body, reason, diedAt = '' }) => ({
      group: this.#group,
      event: asJson(body),
      reason,
      diedAt,
    }));
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    await this.prepare();
    return this.#mongo.run(work);
  }
}
