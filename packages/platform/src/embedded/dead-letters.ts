import type { DeadLetter } from '@fairseat/common/ports';
import { asJson, DEAD_LETTERS_KEPT, MAX_DEAD_LETTERS } from '../delivery.ts';
import type { Store } from './store.ts';

const BATCH = 250;

/** Events that were given up. Writes belong into a transaction. */
export class DeadLetters {
  readonly #store: Store;
  readonly #mostKept: number;
  /** Counted once, then kept in step. */
  readonly #counts = new Map<string, number>();

  constructor(store: Store, mostKept = DEAD_LETTERS_KEPT) {
    this.#store = store;
    this.#mostKept = mostKept;
    const rows = store
      .sql('SELECT consumer, count(*) AS count FROM dead_letters GROUP BY consumer')
      .all() as { consumer: string; count: number }[];
    for (const { consumer, count } of rows) this.#counts.set(consumer, count);
  }

  count(group: string): number {
    return this.#counts.get(group) ?? 0;
  }

  add(group: string, seq: number, body: string, reason: string, diedAt: string) {
    this.#store
      .sql('INSERT OR REPLACE INTO dead_letters VALUES (?, ?, ?, ?, ?)')
      .run(group, seq, body, reason, diedAt);
    this.#change(group, 1);
  }

  /** The oldest, as they are shown. */
  list(): DeadLetter[] {
    const rows = this.#store
      .sql('SELECT * FROM dead_letters ORDER BY seq LIMIT ?')
      .all(MAX_DEAD_LETTERS) as unknown as {
      consumer: string;
      body: string;
      reason: string;
      died_at: string;
    }[];
    return rows.map(({ consumer, body, reason, died_at }) => ({
      group: consumer,
      event: asJson(body),
      reason,
      diedAt: died_at,
    }));
  }

  /** Deletes some of those that died before, and of those that are too many; answers how many. */
  forget(before: string): number {
    const all = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    const tooMany = Math.max(0, all - this.#mostKept);
    const gone = this.#store
      .sql(
        // In the order of dying, which is that of the rows.
        `DELETE FROM dead_letters WHERE rowid IN
         (SELECT rowid FROM dead_letters ORDER BY rowid LIMIT ${BATCH})
         AND (died_at < ? OR rowid IN (SELECT rowid FROM dead_letters ORDER BY rowid LIMIT ?))
         RETURNING consumer`,
      )
      .all(before, Math.min(tooMany, BATCH)) as { consumer: string }[];
    for (const { consumer } of gone) this.#change(consumer, -1);
    return gone.length;
  }

  #change(group: string, more: number) {
    this.#counts.set(group, this.count(group) + more);
    this.#store.onUndone(() => this.#counts.set(group, this.count(group) - more));
  }
}
