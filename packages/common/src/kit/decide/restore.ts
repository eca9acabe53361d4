/** A database that went back in time takes back, from the service's own events, what it had come to. */
import { Unavailable } from '../../errors.ts';
import type { AnyEvent } from '../../events.ts';
import type { PublishedState } from '../../ports/index.ts';
import type { Log } from '../process/log.ts';

/** The records that a service's events tell of. */
export interface Restorable {
  isLost(event: AnyEvent): Promise<boolean>;
  takeBack(event: AnyEvent): Promise<void>;
}

interface Surroundings {
  log: Log;
  onRestore: (part: 'database' | 'stream') => void;
  sayAllAgain: () => Promise<void>;
}

export const publishedState = (
  records: Restorable,
  { log, onRestore, sayAllAgain }: Surroundings,
): PublishedState => ({
  isLost: (event) => records.isLost(event),
  async takeBack(events) {
    onRestore('database');
    log.error(
      { records: events.length },
      'the database went back in time: it takes back what was published since, the rest needs a person',
    );
    for (const [{ subject, type, version }, err] of await takeBackAll(records, events)) {
      log.error({ err, id: subject, type, version }, 'a record was not taken back');
    }
  },
  async streamWentBack() {
    onRestore('stream');
    log.error('NATS went back in time: every record is said again');
    await sayAllAgain();
  },
});

/**
 * One record may wait for another to give its unique key free, such as an order for the one before it; and another
 * replica may take the same ones back. Answers those that could not be taken back. @throws Unavailable
 */
async function takeBackAll(records: Restorable, events: AnyEvent[]) {
  for (let left = events; ; ) {
    const outcomes = await Promise.allSettled(left.map((event) => records.takeBack(event)));
    const failed = left.flatMap((event, n) => {
      const outcome = outcomes[n];
      return outcome?.status === 'rejected' ? [[event, outcome.reason] as const] : [];
    });
    const unavailable = failed.find(([, reason]) => reason instanceof Unavailable);
    if (unavailable) throw unavailable[1];
    const isLost = await Promise.all(failed.map(([event]) => records.isLost(event)));
    const still = failed.filter((_, n) => isLost[n]);
    if (still.length === 0 || still.length === left.length) return still;
    left = still.map(([event]) => event);
  }
}
