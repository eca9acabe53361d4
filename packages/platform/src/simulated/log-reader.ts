import { CursorGone } from '@fairseat/common/errors';
import type { AnyEvent } from '@fairseat/common/events';
import type { EventLog } from '@fairseat/common/ports';
import type { Kept } from './kept.ts';

/** Every event by its number, as long as it is kept. Nothing that is simulated reads it, so it knows no faults. */
export class LogReader implements EventLog {
  readonly #events: readonly AnyEvent[];
  readonly #kept: Kept;
  readonly #listeners = new Set<() => void>();

  constructor(events: readonly AnyEvent[], kept: Kept) {
    this.#events = events;
    this.#kept = kept;
  }

  async read(after: string, limit: number) {
    const from = /^\d{1,15}$/.test(after) ? Number(after) : Number.NaN;
    const oldest = this.#oldest();
    if (!(from >= oldest && from <= this.#events.length)) throw new CursorGone(String(oldest));
    return this.#events
      .slice(from, from + limit)
      .map((event, index) => ({ cursor: String(from + index + 1), event }));
  }

  async ends() {
    return { oldest: String(this.#oldest()), newest: String(this.#events.length) };
  }

  onMore(listener: () => void) {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell() {
    for (const listener of this.#listeners) listener();
  }

  /** Behind the last one that is gone. */
  #oldest = () => this.#events.findLastIndex((event) => !this.#kept.has(event)) + 1;
}
