import type { Bus, Clock } from '../ports.ts';

const FIRST_POLL_MS = 10;
const SLOWEST_POLL_MS = 250;

/**
 * Waits until something that another service is about to say has arrived here. Events wake it at once; it also
 * looks again by itself, since a watched event may be lost or be ahead of the replica it belongs to.
 */
export class Changes {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #stopWatching: () => void;
  #closed = false;

  constructor(bus: Bus, clock: Clock) {
    this.#clock = clock;
    this.#stopWatching = bus.watch((event) => this.#wake(event.subject));
  }

  /** Reads until `done` or until the time is up, and answers what it read last. */
  async until<T>(
    subject: string,
    read: () => Promise<T>,
    done: (value: T) => boolean,
    timeoutMs: number,
  ): Promise<T> {
    const deadline = this.#clock.now() + timeoutMs;
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, SLOWEST_POLL_MS)) {
      const change = this.#next(subject);
      try {
        const value = await read();
        const remainingMs = deadline - this.#clock.now();
        if (done(value) || remainingMs <= 0 || this.#closed) return value;
        await change.within(Math.min(pollMs, remainingMs));
      } finally {
        change.forget();
      }
    }
  }

  /** Lets everybody who waits go on with what is known. */
  close() {
    this.#closed = true;
    this.#stopWatching();
    for (const subject of this.#waiting.keys()) this.#wake(subject);
  }

  #wake(subject: string) {
    for (const wake of this.#waiting.get(subject) ?? []) wake();
  }

  /** Listens from now on, so that nothing is missed between reading and waiting. */
  #next(subject: string) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const others = this.#waiting.get(subject) ?? new Set();
    this.#waiting.set(subject, others.add(resolve));
    return {
      within: async (delayMs: number) => {
        const cancel = this.#clock.after(delayMs, resolve);
        await promise;
        cancel();
      },
      forget: () => {
        others.delete(resolve);
        if (others.size === 0) this.#waiting.delete(subject);
      },
    };
  }
}
