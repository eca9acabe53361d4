/** The queue of everything that will happen, in virtual time. Nothing else wakes the code of a simulation. */
import { AsyncLocalStorage } from 'node:async_hooks';
import TinyQueue from 'tinyqueue';

interface Entry {
  atMs: number;
  /** Orders entries of the same moment. */
  tie: number;
  seq: number;
  /** Unset when cancelled. */
  work: (() => void) | undefined;
}

/** Immediates requested at once. Between any two, all promise continuations run. */
const BATCH = 32;

/** Runs entries outside of the story of the code that lets the time pass. */
const outside = AsyncLocalStorage.snapshot();

const inOrder = (a: Entry, b: Entry) => a.atMs - b.atMs || a.tie - b.tie || a.seq - b.seq;

export class Queue {
  #nowMs: number;
  #seq = 0;
  #running = false;
  readonly #entries = new TinyQueue<Entry>([], inOrder);

  constructor(startsAtMs: number) {
    this.#nowMs = startsAtMs;
  }

  get nowMs() {
    return this.#nowMs;
  }

  /** Schedules work, which runs next if the time is past, but never at once. The returned function cancels it. */
  at(atMs: number, tie: number, work: () => void): () => void {
    const entry: Entry = { atMs: Math.max(atMs, this.#nowMs), tie, seq: ++this.#seq, work };
    this.#entries.push(entry);
    return () => {
      entry.work = undefined;
    };
  }

  /** Runs one entry and all that follows from it at once. Returns false when nothing is left. */
  async step(): Promise<boolean> {
    return (await this.#run(Number.POSITIVE_INFINITY, 1)) === 1;
  }

  /** Runs all entries until `atMs`, which is then the time. */
  async runUntil(atMs: number): Promise<void> {
    await this.#run(atMs, Number.POSITIVE_INFINITY);
    this.#nowMs = Math.max(this.#nowMs, atMs);
  }

  /** Returns the number of entries run. @throws the error of an entry. */
  #run(untilMs: number, most: number): Promise<number> {
    if (this.#running) throw new Error('The simulation is running: await the previous run.');
    this.#running = true;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    let count = 0;
    let over = false;
    let failure: { error: unknown } | undefined;
    const turn = () => {
      if (over || count === most) return;
      try {
        if (this.#runNext(untilMs)) count += 1;
        else over = true;
      } catch (error) {
        over = true;
        failure = { error };
      }
    };
    const batch = () => {
      if (over || count === most) {
        this.#running = false;
        if (failure) reject(failure.error);
        else resolve(count);
        return;
      }
      for (let turns = Math.min(BATCH, most - count); turns > 0; turns--) setImmediate(turn);
      setImmediate(batch);
    };
    outside(batch);
    return promise;
  }

  #runNext(untilMs: number): boolean {
    for (;;) {
      const first = this.#entries.peek();
      if (first === undefined) return false;
      if (first.work !== undefined && first.atMs > untilMs) return false;
      this.#entries.pop();
      if (first.work === undefined) continue;
      this.#nowMs = first.atMs;
      first.work();
      return true;
    }
  }
}
