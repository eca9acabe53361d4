import { Unavailable } from '../../errors.ts';
import type { AnyEvent } from '../../events.ts';
import type { Bus, Clock } from '../../ports/index.ts';

const SOON_MS = 5;
const SELDOM_MS = 250;
const LONGEST_MS = 1000;

interface Waiter {
  /** The version that it has read. */
  version: number;
  /** True once an event of a newer version has arrived since it read. */
  notified: boolean;
  wake: () => void;
}

/**
 * Waits for a change that another service is about to publish. Events wake it at once; it also polls, since a watched
 * event may be lost, or arrive before the replica it belongs to is updated.
 */
export class Changes {
  readonly #bus: Bus;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Set<Waiter>>();
  #stopWatching: (() => void) | undefined;
  #closed = false;

  constructor(bus: Bus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /**
   * Reads until `done` accepts the value or the time is up, and returns the value read last. For a record that this
   * service owns, pass the known `version`: then only events of newer versions wake it, and it polls seldom, since they
   * come after the record was saved. Without a version it polls often, since a replica may come later than its event.
   * @throws Unavailable when it is closed before a replica came: that would not mean that there is no such record.
   */
  async until<T>(
    subject: string,
    read: () => Promise<T>,
    done: (value: T) => boolean,
    timeoutMs: number,
    version?: number,
  ): Promise<T> {
    // A replica is nearly always up to date already, and then there is nothing to watch for.
    if (version === undefined) {
      const value = await read();
      if (done(value)) return value;
    }
    // Watching begins with the first waiter: most processes have none, and need not receive every event.
    this.#stopWatching ??= this.#bus.watch((event) => this.#notify(event));
    const pollMs = version === undefined ? SOON_MS : SELDOM_MS;
    const deadline = this.#clock.monotonic() + timeoutMs;
    for (let delayMs = pollMs; ; ) {
      // The waiter is added before the read, so that no event is missed between reading and waiting.
      const waiter: Waiter = { version: version ?? 0, notified: false, wake: () => {} };
      this.#add(subject, waiter);
      try {
        const value = await read();
        const remainingMs = deadline - this.#clock.monotonic();
        if (done(value) || remainingMs <= 0) return value;
        if (this.#closed) {
          if (version !== undefined) return value;
          throw new Unavailable('This process stops, and what it waited for may come yet.');
        }
        if (!waiter.notified) await this.#wokenWithin(Math.min(delayMs, remainingMs), waiter);
        delayMs = waiter.notified ? pollMs : Math.min(delayMs * 2, LONGEST_MS);
      } finally {
        this.#remove(subject, waiter);
      }
    }
  }

  /** The number of callers that wait. */
  get waiting(): number {
    return [...this.#waiting.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Ends all waiting: each caller reads once more, and returns that or throws, see `until`. */
  close() {
    this.#closed = true;
    this.#stopWatching?.();
    for (const waiters of this.#waiting.values()) {
      for (const { wake } of waiters) wake();
    }
  }

  #notify({ subject, version }: AnyEvent) {
    for (const waiter of this.#waiting.get(subject) ?? []) {
      if (version <= waiter.version) continue;
      waiter.notified = true;
      waiter.wake();
    }
  }

  #wokenWithin(delayMs: number, waiter: Waiter): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(delayMs, resolve);
    waiter.wake = () => {
      cancel();
      resolve();
    };
    return promise;
  }

  #add(subject: string, waiter: Waiter) {
    const others = this.#waiting.get(subject);
    if (others) others.add(waiter);
    else this.#waiting.set(subject, new Set([waiter]));
  }

  #remove(subject: string, waiter: Waiter) {
    const others = this.#waiting.get(subject);
    others?.delete(waiter);
    if (others?.size === 0) this.#waiting.delete(subject);
  }
}
