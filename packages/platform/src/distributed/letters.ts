import type { Clock, DeadLetter } from '@fairseat/common/ports';
import type { Collection, IndexDescription } from 'mongodb';
import { asJson, DEAD_LETTERS_KEPT, MAX_DEAD_LETTERS } from '../delivery.ts';
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

export interface LettersOptions {
  clock: Clock;
  /** How long events are kept, and dead letters from when they died. */
  eventsKeptMs: number;
  deadLettersKept?: number;
}

const isDead = { diedAt: { $exists: true } } as const;
const INDEXES: IndexDescription[] = [
  { name: 'died_at', key: { diedAt: 1 }, partialFilterExpression: isDead },
  { name: 'forget_at', key: { forgetAt: 1 }, expireAfterSeconds: 0 },
];
const FORGET_EVERY_MS = 60_000;
const BATCH = 250;

/** The events that one group failed to handle. All replicas count together, in the database of their service. */
export class Letters {
  readonly group: string;
  readonly #mongo: Mongo;
  readonly #options: LettersOptions;

  constructor(mongo: Mongo, group: string, options: LettersOptions) {
    this.group = group;
    this.#mongo = mongo;
    this.#options = options;
  }

  get #collection(): Collection<Letter> {
    return this.#mongo.database(this.group).collection('dead_letters');
  }

  readonly prepare = onceDone(() =>
    this.#mongo.run(() => this.#collection.createIndexes(INDEXES, { ...patient }), patient),
  );

  /** Counts one more failure of an event. Returns the number of its failures. */
  async fail(id: string, body: string, error: unknown): Promise<number> {
    const forgetAt = new Date(this.#options.clock.now() + this.#options.eventsKeptMs);
    const letter = await this.#run(() =>
      this.#collection.findOneAndUpdate(
        { _id: id },
        {
          $inc: { failures: 1 },
          // The stream keeps it no longer, so it cannot be retried after that.
          $set: { body, reason: String(error), forgetAt },
        },
        { upsert: true, returnDocument: 'after', ...brief },
      ),
    );
    return letter?.failures ?? 1;
  }

  /** Makes it a dead letter, which is kept until `forget`. */
  async bury(id: string) {
    const died = {
      $set: { diedAt: new Date(this.#options.clock.now()).toISOString() },
      $unset: { forgetAt: '' },
    } as const;
    await this.#run(() => this.#collection.updateOne({ _id: id }, died, brief));
  }

  dead(): Promise<number> {
    return this.#run(() => this.#collection.countDocuments(isDead, brief));
  }

  /** The oldest dead letters. */
  async list(): Promise<DeadLetter[]> {
    const letters = await this.#run(() =>
      this.#collection.find(isDead, brief).sort({ diedAt: 1 }).limit(MAX_DEAD_LETTERS).toArray(),
    );
    return letters.map(({ body, reason, diedAt = '' }) => ({
      group: this.group,
      event: asJson(body),
      reason,
      diedAt,
    }));
  }

  /** Deletes the dead letters that have had their time, and the oldest of too many. Answers how many. */
  async forget(): Promise<number> {
    const { clock, eventsKeptMs, deadLettersKept = DEAD_LETTERS_KEPT } = this.#options;
    const before = new Date(clock.now() - eventsKeptMs).toISOString();
    const old = { diedAt: { $exists: true, $lt: before } };
    let { deletedCount: gone } = await this.#run(() => this.#collection.deleteMany(old, brief));
    for (;;) {
      const tooMany = (await this.dead()) - deadLettersKept;
      if (tooMany <= 0) return gone;
      gone += await this.#run(() => this.#deleteOldest(Math.min(tooMany, BATCH)));
    }
  }

  async #deleteOldest(count: number): Promise<number> {
    const options = {
      projection: { _id: 1 },
      sort: { diedAt: 1 },
      limit: count,
      ...brief,
    } as const;
    const oldest = await this.#collection.find(isDead, options).toArray();
    const ids = oldest.map(({ _id }) => _id);
    return (await this.#collection.deleteMany({ _id: { $in: ids } }, brief)).deletedCount;
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    await this.prepare();
    return this.#mongo.run(work);
  }
}

interface Forgetting {
  clock: Clock;
  onForgotten: (group: string, count: number) => void;
  onTrouble: (error: unknown) => void;
}

/** Has old dead letters forgotten now and then. Answers how to stop. */
export function forgetDeadLetters(
  all: Letters[],
  { clock, onForgotten, onTrouble }: Forgetting,
): () => void {
  let cancel = () => {};
  let isOver = false;

  async function forgetOf(letters: Letters) {
    try {
      const count = await letters.forget();
      if (count > 0) onForgotten(letters.group, count);
    } catch (error) {
      if (!isOver) onTrouble(error);
    }
  }

  async function forgetNow() {
    await Promise.all(all.map(forgetOf));
    if (!isOver) cancel = clock.after(FORGET_EVERY_MS, forgetNow);
  }

  void forgetNow();
  return () => {
    isOver = true;
    cancel();
  };
}
