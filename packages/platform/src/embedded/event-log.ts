import type { Store } from './store.ts';

/** How exactly it is known when an event was written. */
const MARK_EVERY_MS = 60 * 60 * 1000;
/** So few that nobody waits long behind their end. */
const BATCH = 250;

/**
 * How old the saved events are and which may go. Their age is told by marks, not by the events: whoever published one
 * may have had a wrong clock. Writes belong into a transaction.
 */
export class EventLog {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    store.define(
      'CREATE TABLE IF NOT EXISTS log_marks (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL)',
    );
    // Where all events are trimmed, only the cursors know how far the numbers went.
    const { furthest } = store.sql('SELECT max(seq) AS furthest FROM cursors').get() as {
      furthest: number | null;
    };
    store.continueAfter(furthest ?? 0);
  }

  /** Notes, once an hour at most, that all events up to here were written by now. */
  mark(now: number) {
    const last = this.#store.sql('SELECT seq, at FROM log_marks ORDER BY seq DESC LIMIT 1').get() as
      | { seq: number; at: number }
      | undefined;
    const isSame = last?.seq === this.#store.lastSeq;
    const isYoung = last !== undefined && now - last.at < MARK_EVERY_MS;
    // Else this machine's own clock was ahead.
    const isCredible = last === undefined || last.at <= now;
    if (isCredible && (isSame || isYoung)) return;
    this.#store.sql('INSERT OR REPLACE INTO log_marks VALUES (?, ?)').run(this.#store.lastSeq, now);
  }

  /** Deletes some of the events before number `needed` that were written by `keptFrom`. Answers how many. */
  trim(keptFrom: number, needed: number): number {
    const { old } = this.#store
      .sql('SELECT max(seq) AS old FROM log_marks WHERE at <= ?')
      .get(keptFrom) as { old: number | null };
    if (old === null) return 0;
    const { first } = this.#store.sql('SELECT min(seq) AS first FROM events').get() as {
      first: number | null;
    };
    const upTo = Math.min(old, needed - 1, (first ?? old) + BATCH - 1);
    this.#store.sql('DELETE FROM log_marks WHERE seq < ?').run(upTo);
    const { changes } = this.#store.sql('DELETE FROM event_log WHERE seq <= ?').run(upTo);
    return Number(changes);
  }
}
