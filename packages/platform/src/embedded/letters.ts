import type { AnyEvent } from '@fairseat/common/events';
import { asEvent } from '../delivery.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { SavedEvent, Store } from './store.ts';

/** One event on its way to one group. */
export interface Letter {
  seq: number;
  /** The body as saved. Empty for a fresh letter, which has its event. */
  body: string;
  /** Undefined when the body is not a valid event. */
  event: AnyEvent | undefined;
  attempts: number;
  failures: number;
  /** True when it is in the table `parked`, which the cursor is past. */
  parked: boolean;
  /** True when the transaction that saved its event was rolled back. */
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

/** The saved state of one group: its cursor, its parked letters and its dead letters. Write within a transaction. */
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

  /** The number of the last event that the group is done with; for a new group, the one before the log's first. */
  cursor(): number {
    const { first } = this.#store.sql('SELECT min(seq) AS first FROM events').get() as {
      first: number | null;
    };
    const beforeFirst = (first ?? this.#store.lastSeq + 1) - 1;
    return Math.max(this.savedCursor() ?? 0, beforeFirst);
  }

  /** Undefined for a group that has never read. */
  savedCursor(): number | undefined {
    const saved = this.#store.sql('SELECT seq FROM cursors WHERE consumer = ?').get(this.#group);
    return (saved as { seq: number } | undefined)?.seq;
  }

  saveCursor(seq: number) {
    this.#store
      .sql('INSERT OR REPLACE INTO cursors (consumer, seq) VALUES (?, ?)')
      .run(this.#group, seq);
  }

  /** Has a group that does not run receive again all events that are kept. */
  beginAnew() {
    this.saveCursor(0);
    this.#store.sql('DELETE FROM parked WHERE consumer = ?').run(this.#group);
  }

  /** Letters from the log, beginning with this number. */
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

  /** Those that are due later are due then. */
  areDueBy(latest: number) {
    this.#store
      .sql('UPDATE parked SET due_at = ? WHERE consumer = ? AND due_at > ?')
      .run(latest, this.#group, latest);
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
