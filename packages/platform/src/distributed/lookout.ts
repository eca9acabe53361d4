import type { Clock } from '@fairseat/common/ports';

interface LookoutOptions {
  clock: Clock;
  intervalMs: number;
  look: () => Promise<unknown>;
  onError: (error: unknown) => void;
}

/** Looks at once and then again and again, each time an interval after the look before has ended. */
export class Lookout {
  readonly #options: LookoutOptions;
  #looking = Promise.resolve();
  #cancel = () => {};
  #running = false;

  constructor(options: LookoutOptions) {
    this.#options = options;
  }

  start() {
    this.#running = true;
    this.lookNow();
  }

  /** Ends when the look under way has. */
  async stop() {
    this.crash();
    await this.#looking;
  }

  crash() {
    this.#running = false;
    this.#cancel();
  }

  /** Looks beside a look that may be under way: that one may wait for an answer that will not come. */
  lookNow() {
    if (!this.#running) return;
    const { clock, intervalMs, look, onError } = this.#options;
    const looked = look()
      .catch((error) => {
        if (this.#running) onError(error);
      })
      .then(() => {
        if (!this.#running) return;
        this.#cancel();
        this.#cancel = clock.after(intervalMs, () => this.lookNow());
      });
    this.#looking = this.#looking.then(() => looked);
  }
}
