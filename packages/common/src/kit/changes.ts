import type { Bus, Clock } from '../ports.ts';

const SOON_MS = 5;
export const SELDOM_MS = 250;

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

  /**
   * Reads until `done` or until the time is up, and answers what it read last. `pollMs` is when it first looks
   * again by itself: soon for a replica, whose event may have come before; seldom for what an event will tell.
   */
  async until<T>(
    subject: string,
    read: () => Promise<T>,
    done: (value: T) => boolean,
    timeoutMs: number,
    pollMs: number = SOON_MS,
  ): Promise<T> {
    const deadline = this.#clock.now() + timeoutMs;
    for (let delayMs = pollMs; ; ) {
      const change = this.#next(subject);
      try {
        const value = await read();
        const remainingMs = deadline - this.#clock.now();
        if (done(value) || remainingMs <= 0 || this.#closed) return value;
        const told = await change.within(Math.min(delayMs, remainingMs));
        delayMs = told ? SOON_MS : Math.min(delayMs * 2, SELDOM_MS);
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
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const wake = () => resolve(true);
    const others = this.#waiting.get(subject) ?? new Set();
    this.#waiting.set(subject, others.add(wake));
    return {
      /** Whether an event came in that time. */
      within: async (delayMs: number) => {
        const cancel = this.#clock.after(delayMs, () => resolve(false));
        const told = await promise;
        cancel();
        return told;
      },
      forget: () => {
        others.delete(wake);
        if (others.size === 0) this.#waiting.delete(subject);
      },
    };
  }
}
