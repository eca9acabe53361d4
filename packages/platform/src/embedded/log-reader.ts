import { CursorGone } from '@fairseat/common/errors';
import type { EventLog, LoggedEvent } from '@fairseat/common/ports';
import type { CommitListener, SavedEvent, Store } from './store.ts';

/** The saved events by their numbers. */
export class LogReader implements EventLog, CommitListener {
  readonly #store: Store;
  readonly #listeners = new Set<() => void>();
  /** The newest event that no rollback takes back. */
  #last: number;

  constructor(store: Store) {
    this.#store = store;
    this.#last = store.lastSeq;
    store.listen(this);
  }

  async read(after: string, limit: number): Promise<LoggedEvent[]> {
    return this.#store.read(() => {
      const [seq, oldest] = [seqOf(after), this.#oldest()];
      if (!(seq >= oldest && seq <= this.#last)) throw new CursorGone(String(oldest));
      const rows = this.#store
        .sql('SELECT seq, body FROM events WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?')
        .all(seq, this.#last, limit) as { seq: number; body: string }[];
      return rows.map((row) => ({ cursor: String(row.seq), event: JSON.parse(row.body) }));
    });
  }

  async ends() {
    const oldest = this.#store.read(() => this.#oldest());
    return { oldest: String(oldest), newest: String(this.#last) };
  }

  onMore(listener: () => void) {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  afterCommit(events: SavedEvent[]) {
    const last = events.at(-1);
    if (!last) return;
    this.#last = last.seq;
    for (const listener of this.#listeners) listener();
  }

  #oldest(): number {
    const { first } = this.#store.sql('SELECT min(seq) AS first FROM event_log').get() as {
      first: number | null;
    };
    return first === null ? this.#last : Math.min(first - 1, this.#last);
  }
}

const seqOf = (cursor: string) => (/^\d{1,15}$/.test(cursor) ? Number(cursor) : Number.NaN);
