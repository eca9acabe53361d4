import type { AnyEvent } from '../../events.ts';
import type { Bus, Clock } from '../../ports/index.ts';

const SOON_MS = 5;
const SELDOM_MS = 250;
const LONGEST_MS = 1000;

interface Waiter {
  /** The version it knows of. */
  version: number;
  /** Whether something newer has been said since it looked. */
  told: boolean;
  wake: () => void;
}

/**
 * Waits until something that another service is about to say has arrived here. Events wake it at once; it also
 * looks again by itself, since a watched event may be lost or be ahead of the replica it belongs to.
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
    // A replica nearly always has it already, and then nobody has to listen.
    if (version === undefined) {
      const value = await read();
      if (done(value)) return value;
    }
    // Not before anybody waits: most processes never do, and need not hear every event.
    this.#stopWatching ??= this.#bus.watch((event) => this.#tell(event));
    const pollMs = version === undefined ? SOON_MS : SELDOM_MS;
    const deadline = this.#clock.now() + timeoutMs;
    for (let delayMs = pollMs; ; ) {
      // Listens first, so that nothing is missed between reading and waiting.
      const waiter: Waiter = { version: version ?? 0, told: false, wake: () => {} };
      this.#add(subject, waiter);
      try {
        const value = await read();
        const remainingMs = deadline - this.#clock.now();
        if (done(value) || remainingMs <= 0 || this.#closed) return value;
        if (!waiter.told) await this.#wokenWithin(Math.min(delayMs, remainingMs), waiter);
        delayMs = waiter.told ? pollMs : Math.min(delayMs * 2, LONGEST_MS);
      } finally {
        this.#remove(subject, waiter);
      }
    }
  }

  /** Lets everybody who waits go on with what is known. */
  close() {
    this.#closed = true;
    this.#stopWatching?.();
    for (const waiters of this.#waiting.values()) {
      for (const { wake } of waiters) wake();
    }
  }

  #tell({ subject, version }: AnyEvent) {
    for (const waiter of this.#waiting.get(subject) ?? []) {
      if (version <= waiter.version) continue;
      waiter.told = true;
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
