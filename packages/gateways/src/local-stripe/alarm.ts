import type { Clock } from '@fairseat/common/ports';

/** Rings at the earliest of the times that it was set to, one ring at a time. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => Promise<void>;
  #at = Number.POSITIVE_INFINITY;
  #cancel = () => {};
  #ringing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(clock: Clock, ring: () => Promise<void>) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** In milliseconds since the epoch. */
  set(at: number): void {
    if (this.#closed || at >= this.#at) return;
    this.#at = at;
    this.#cancel();
    this.#cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#ringing = this.#ringing.then(() => this.#ringNow());
    });
  }

  /** Resolves once the last ring is over. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#ringing;
  }

  async #ringNow() {
    if (!this.#closed) await this.#ring();
  }
}
