import type { AnyEvent } from '../events.ts';
import type { Bus, Clock } from '../ports.ts';

const SOON_MS = 5;
const SELDOM_MS = 250;
const LONGEST_MS = 1000;

/**
 * Waits until something that another service is about to say has arrived here. Events wake it at once; it also
 * looks again by itself, since a watched event may be lost or be ahead of the replica it belongs to.
 */
export class Changes {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<(version: number) => void>>();
  #stopWatching: (() => void) | undefined;
  #closed = false;

  constructor(bus: Bus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /**
   * Reads until `done` or until the time is up, and answers what it read last. Give the `version` that is known of a
   * record which this service owns: only newer events are news then, and since they come after the record was saved,
   * there is seldom reason to look without one. A replica may come later than its event, so it is looked at soon.
   */
  async until<T>(
    subject: string,
    read: () => Promise<T>,
    done: (value: T) => boolean,
    timeoutMs: number,
    version?: number,
  ): Promise<T> {
    // Not before anybody waits: most processes never do, and need not hear every event.
    this.#stopWatching ??= this.#bus.watch((event) => this.#wake(event));
    const pollMs = version === undefined ? SOON_MS : SELDOM_MS;
    const deadline = this.#clock.now() + timeoutMs;
    for (let delayMs = pollMs; ; ) {
      const change = this.#next(subject, version);
      try {
        const value = await read();
        const remainingMs = deadline - this.#clock.now();
        if (done(value) || remainingMs <= 0 || this.#closed) return value;
        const told = await change.within(Math.min(delayMs, remainingMs));
        delayMs = told ? pollMs : Math.min(delayMs * 2, LONGEST_MS);
      } finally {
        change.forget();
      }
    }
  }

  /** Lets everybody who waits go on with what is known. */
  close() {
    this.#closed = true;
    this.#stopWatching?.();
    for (const waiting of this.#waiting.values()) {
      for (const wake of waiting) wake(Number.POSITIVE_INFINITY);
    }
  }

  #wake({ subject, version }: AnyEvent) {
    for (const wake of this.#waiting.get(subject) ?? []) wake(version);
  }

  /** Listens from now on, so that nothing is missed between reading and waiting. */
  #next(subject: string, known = 0) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const wake = (version: number) => {
      if (version > known) resolve(true);
    };
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
