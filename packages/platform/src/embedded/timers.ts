import { setImmediate } from 'node:timers/promises';
import { Unavailable } from '@fairseat/common/errors';
import type { Clock, Timers } from '@fairseat/common/ports';
import { RING_AGAIN_MS } from '../delivery.ts';
import type { CommitListener, Store } from './store.ts';

const BATCH = 500;

export const defineTimers = (store: Store) =>
  store.define(
    `CREATE TABLE IF NOT EXISTS timers (service TEXT, key TEXT, at INTEGER NOT NULL,
     PRIMARY KEY (service, key)) WITHOUT ROWID;
     CREATE INDEX IF NOT EXISTS timers_at ON timers (service, at)`,
  );

/** Alarms in a table. A handler's writes are saved together with the end of its alarm. */
export class EmbeddedTimers implements Timers, CommitListener {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #service: string;
  readonly #onError: (error: unknown) => void;
  #handler: ((key: string) => Promise<void>) | undefined;
  #wakeAt = Number.POSITIVE_INFINITY;
  /** The earliest alarm of the transaction under way. */
  #setAt = Number.POSITIVE_INFINITY;
  #cancelWake = () => {};
  #running: Promise<void> | undefined;
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(store: Store, clock: Clock, service: string, onError: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#service = service;
    this.#onError = onError;
    store.listen(this);
  }

  set(key: string, at: number) {
    const set = () => {
      this.#store
        .sql('INSERT OR REPLACE INTO timers (service, key, at) VALUES (?, ?, ?)')
        .run(this.#service, key, at);
      this.#setAt = Math.min(this.#setAt, at);
    };
    return this.#store.write(set, true);
  }

  afterCommit() {
    this.#wake(this.#setAt);
    this.#setAt = Number.POSITIVE_INFINITY;
  }

  afterRollback() {
    this.#setAt = Number.POSITIVE_INFINITY;
  }

  drop(key: string) {
    const drop = () => {
      this.#store.sql('DELETE FROM timers WHERE service = ? AND key = ?').run(this.#service, key);
    };
    return this.#store.write(drop, true);
  }

  onFire(handler: (key: string) => Promise<void>) {
    this.#handler = handler;
  }

  start() {
    this.#state = 'started';
    if (this.#handler) this.#wake(this.#clock.now());
  }

  async stop() {
    this.#state = 'stopped';
    this.#cancelWake();
    await this.#running;
  }

  /** True when no alarm is firing or due. */
  get idle() {
    return this.#running === undefined && this.#wakeAt > this.#clock.now();
  }

  async settled() {
    while (!this.idle) await (this.#running ?? setImmediate());
  }

  #wake(at: number) {
    if (this.#state !== 'started' || this.#running || at >= this.#wakeAt) return;
    this.#wakeAt = at;
    this.#cancelWake();
    this.#cancelWake = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#ring());
  }

  #ring() {
    this.#wakeAt = Number.POSITIVE_INFINITY;
    this.#running = this.#fireDue()
      .then(() => this.#nextAt())
      .catch(() => this.#clock.now() + RING_AGAIN_MS)
      .then((next) => {
        this.#running = undefined;
        this.#wake(next);
      });
  }

  async #fireDue() {
    for (;;) {
      const due = this.#store
        .sql('SELECT key, at FROM timers WHERE service = ? AND at <= ? ORDER BY at LIMIT ?')
        .all(this.#service, this.#clock.now(), BATCH) as unknown as { key: string; at: number }[];
      if (due.length === 0 || this.#state === 'stopped') return;
      await Promise.all(due.map((timer) => this.#fire(timer)));
    }
  }

  async #fire({ key, at }: { key: string; at: number }) {
    try {
      await this.#store.unit(
        async () => this.#handler?.(key),
        () => {
          // An alarm that was moved meanwhile fires again at its new time.
          this.#store
            .sql('DELETE FROM timers WHERE service = ? AND key = ? AND at = ?')
            .run(this.#service, key, at);
        },
      );
    } catch (error) {
      this.#onError(error);
      if (error instanceof Unavailable) throw error;
      await this.#store.write(() => {
        this.#store
          .sql('UPDATE timers SET at = ? WHERE service = ? AND key = ? AND at = ?')
          .run(this.#clock.now() + RING_AGAIN_MS, this.#service, key, at);
      });
    }
  }

  #nextAt(): number {
    if (this.#state === 'stopped') return Number.POSITIVE_INFINITY;
    const { next } = this.#store
      .sql('SELECT min(at) AS next FROM timers WHERE service = ?')
      .get(this.#service) as { next: number | null };
    return next ?? Number.POSITIVE_INFINITY;
  }
}
