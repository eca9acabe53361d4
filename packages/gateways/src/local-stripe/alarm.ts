import type { Clock } from '@fairseat/common/ports';

/** Rings at the earliest of the times that it was set to, one ring at a time. A ring must not throw. */
export class Alarm {
  readonly #clock: Clock;
  readonly #whenDue: () => Promise<void>;
  #at = Number.POSITIVE_INFINITY;
  #cancel = () => {};
  #ringing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(clock: Clock, whenDue: () => Promise<void>) {
    this.#clock = clock;
    this.#whenDue = whenDue;
  }

  /** In milliseconds since the epoch. */
  set(at: number): void {
    if (this.#closed || at >= this.#at) return;
    this.#at = at;
    this.#cancel();
    this.#cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#at = Number.POSITIVE_INFINITY;
      void this.ring();
    });
  }

  /** Rings now, once earlier rings are over. */
  ring(): Promise<void> {
    this.#ringing = this.#ringing.then(() => this.#ringOnce());
    return this.#ringing;
  }

  /** Resolves once the last ring is over. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#ringing;
  }

  async #ringOnce() {
    if (!this.#closed) await this.#whenDue();
  }
}
