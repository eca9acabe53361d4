import type { Clock } from '@fairseat/common/ports';
import type { EmbeddedBus } from './bus.ts';
import { cutFile, giveBackSpace } from './file.ts';
import type { Store } from './store.ts';

const EVERY_MS = 5000;
/** Between two pieces, while there is more. */
const SOON_MS = 50;

interface Tidied {
  store: Store;
  bus: EmbeddedBus;
  tables: ReadonlyMap<string, { forget(now: number): void }>;
  clock: Clock;
  eventsKeptMs: number;
  onError: (message: string, error: unknown) => void;
}

/** Deletes what has had its time and gives the space back, in pieces for which nobody waits long. Answers how to stop. */
export function tidyUp(tidied: Tidied): () => void {
  const { store, bus, tables, clock, eventsKeptMs, onError } = tidied;
  let cancel = () => {};
  let isOver = false;
  let deadLetters = 0;
  let wasShrinking = false;

  async function tidyOnce(): Promise<boolean> {
    const now = clock.now();
    let gone = { events: 0, deadLetters: 0 };
    let isShrinking = false;
    await store.write(() => {
      for (const table of tables.values()) table.forget(now);
      gone = bus.tidy(now, now - eventsKeptMs);
      isShrinking = giveBackSpace(store);
    });
    // No transaction is under way just after one.
    if (wasShrinking && !isShrinking) cutFile(store);
    wasShrinking = isShrinking;
    deadLetters += gone.deadLetters;
    if (gone.deadLetters > 0) return true;
    if (deadLetters > 0)
      onError(`the ${deadLetters} oldest dead letters were forgotten`, undefined);
    deadLetters = 0;
    return isShrinking || gone.events > 0;
  }

  async function tidy() {
    const isMore = await tidyOnce().catch((error) => {
      if (!isOver) onError('tidying failed, will try again', error);
      return false;
    });
    if (!isOver) cancel = clock.after(isMore ? SOON_MS : EVERY_MS, tidy);
  }

  void tidy();
  return () => {
    isOver = true;
    cancel();
  };
}
