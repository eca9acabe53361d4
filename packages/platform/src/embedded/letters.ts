import type { AnyEvent } from '@fairseat/common/events';
import { asEvent } from '../delivery.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { SavedEvent, Store } from './store.ts';

/** One event on its way to one group. */
export interface Letter {
  seq: number;
  /** As saved; read only when there is no event. */
  body: string;
  /** Unset when the body is no valid event. */
  event: AnyEvent | undefined;
  attempts: number;
  failures: number;
  /** Whether it waits in `parked`, the cursor being past it. */
  parked: boolean;
  /** Its event was never saved after all. */
  void?: boolean;
}

interface Row {
  seq: number;
  body: string;
  attempts?: number;
  failures?: number;
}

export const defineLetters = (store: Store) =>
  store.define(
    `CREATE TABLE IF NOT EXISTS cursors (consumer TEXT PRIMARY KEY, seq INTEGER NOT NULL);
     CREATE TABLE IF NOT EXISTS parked (consumer TEXT, seq INTEGER, attempts INTEGER NOT NULL,
       failures INTEGER NOT NULL, due_at INTEGER NOT NULL, PRIMARY KEY (consumer, seq));
     CREATE INDEX IF NOT EXISTS parked_due ON parked (consumer, due_at);
     CREATE TABLE IF NOT EXISTS dead_letters (consumer TEXT, seq INTEGER, body TEXT NOT NULL,
       reason TEXT NOT NULL, died_at TEXT NOT NULL, PRIMARY KEY (consumer, seq))`,
  );

export const fresh = ({ seq, event }: SavedEvent): Letter => ({
  seq,
  event,
  body: '',
  attempts: 0,
  failures: 0,
  parked: false,
});

const fromRow = ({ seq, body, attempts = 0, failures = 0 }: Row, parked: boolean): Letter => ({
  seq,
  body,
  event: asEvent(body),
  attempts,
  failures,
  parked,
});

/** What the disk knows of one group's way through the log. Writes belong into a transaction. */
export class Letters {
  readonly #store: Store;
  readonly #group: string;
  readonly #dead: DeadLetters;
  /** Counted once, then kept in step: thousands that fail must not be counted at each of them. */
  #parkedCount: number;

  constructor(store: Store, group: string, dead: DeadLetters) {
    this.#store = store;
    this.#group = group;
    this.#dead = dead;
    this.#dropLost();
    const { count } = store
      .sql('SELECT count(*) AS count FROM parked WHERE consumer = ?')
      .get(group) as { count: number };
    this.#parkedCount = count;
  }

  /** Of a group that was away for so long that their events were trimmed. */
  #dropLost() {
    const first = 'coalesce((SELECT min(seq) FROM events), ?)';
    this.#store
      .sql(`DELETE FROM parked WHERE consumer = ? AND seq < ${first}`)
      .run(this.#group, this.#store.lastSeq + 1);
  }

  /** The last event that the group is done with; for a new group, the one before the first in the log. */
  cursor(): number {
    const saved = this.#store.sql('SELECT seq FROM cursors WHERE consumer = ?').get(this.#group);
    const { first } = this.#store.sql('SELECT min(seq) AS first FROM events').get() as {
      first: number | null;
    };
    const beforeFirst = (first ?? this.#store.lastSeq + 1) - 1;
    return Math.max((saved as { seq: number } | undefined)?.seq ?? 0, beforeFirst);
  }

  saveCursor(seq: number) {
    this.#store
      .sql('INSERT OR REPLACE INTO cursors (consumer, seq) VALUES (?, ?)')
      .run(this.#group, seq);
  }

  /** From the log. */
  from(seq: number, limit: number): Letter[] {
    const rows = this.#store
      .sql('SELECT seq, body FROM events WHERE seq >= ? ORDER BY seq LIMIT ?')
      .all(seq, limit) as unknown as Row[];
    return rows.map((row) => fromRow(row, false));
  }

  /** So many of those that are due, besides those that are under way already. */
  parkedDue(now: number, limit: number, underWay: ReadonlySet<number>): Letter[] {
    const rows = this.#store
      .sql(
        `SELECT p.seq, body, attempts, failures FROM parked p JOIN events e ON e.seq = p.seq
         WHERE consumer = ? AND due_at <= ? ORDER BY due_at LIMIT ?`,
      )
      .all(this.#group, now, limit + underWay.size) as unknown as Row[];
    return rows.filter(({ seq }) => !underWay.has(seq)).map((row) => fromRow(row, true));
  }

  get parkedCount() {
    return this.#parkedCount;
  }

  get deadCount() {
    return this.#dead.count(this.#group);
  }

  /** By the index alone, as is the first. */
  nextDueAt(): number | null {
    const { next } = this.#store
      .sql('SELECT min(due_at) AS next FROM parked WHERE consumer = ?')
      .get(this.#group) as { next: number | null };
    return next;
  }

  firstParkedSeq(): number | null {
    const { first } = this.#store
      .sql('SELECT min(seq) AS first FROM parked WHERE consumer = ?')
      .get(this.#group) as { first: number | null };
    return first;
  }

  park({ seq, attempts }: Letter, failures: number, dueAt: number) {
    this.#store
      .sql('INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?, ?)')
      .run(this.#group, seq, attempts + 1, failures, dueAt);
    this.#countParked(1);
  }

  unpark({ seq }: Letter) {
    this.#store.sql('DELETE FROM parked WHERE consumer = ? AND seq = ?').run(this.#group, seq);
    this.#countParked(-1);
  }

  bury({ seq }: Letter, body: string, reason: unknown, diedAt: string) {
    this.#dead.add(this.#group, seq, body, String(reason), diedAt);
  }

  #countParked(more: number) {
    this.#parkedCount += more;
    this.#store.onUndone(() => {
      this.#parkedCount -= more;
    });
  }
}
