import type { DeadLetter } from '@fairseat/common/ports';
import type { Collection } from 'mongodb';
import { asJson, EVENTS_KEPT_MS, MAX_DEAD_LETTERS } from '../delivery.ts';
import { onceDone } from './engine.ts';
import type { Mongo } from './mongodb.ts';

/** An event that failed: how often so far, and once given up, when that was. */
interface Letter {
  _id: string;
  failures: number;
  reason: string;
  /** As it came, which may not be JSON. */
  body: string;
  diedAt?: string;
  forgetAt?: Date;
}

/** What one group has failed to handle, kept in its service's own database so that all its replicas count together. */
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
    this.#mongo.run(() =>
      this.#collection.createIndexes([
        {
          name: 'died_at',
          key: { diedAt: 1 },
          partialFilterExpression: { diedAt: { $exists: true } },
        },
        { name: 'forget_at', key: { forgetAt: 1 }, expireAfterSeconds: 0 },
      ]),
    ),
  );

  /** Counts one more failure of an event and answers how many there were. */
  async fail(id: string, body: string, error: unknown, now: number): Promise<number> {
    const letter = await this.#run(() =>
      this.#collection.findOneAndUpdate(
        { _id: id },
        {
          $inc: { failures: 1 },
          // It is tried again for no longer than the stream keeps it.
          $set: { body, reason: String(error), forgetAt: new Date(now + EVENTS_KEPT_MS) },
        },
        { upsert: true, returnDocument: 'after' },
      ),
    );
    return letter?.failures ?? 1;
  }

  /** Keeps it for good. */
  async bury(id: string, now: number) {
    const died = {
      $set: { diedAt: new Date(now).toISOString() },
      $unset: { forgetAt: '' },
    } as const;
    await this.#run(() => this.#collection.updateOne({ _id: id }, died));
  }

  dead(): Promise<number> {
    return this.#run(() => this.#collection.countDocuments({ diedAt: { $exists: true } }));
  }

  /** The oldest. */
  async list(): Promise<DeadLetter[]> {
    const letters = await this.#run(() =>
      this.#collection
        .find({ diedAt: { $exists: true } })
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
