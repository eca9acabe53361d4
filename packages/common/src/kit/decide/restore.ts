/** A database that went back in time takes back, from the service's own events, what it had come to. */
import { Unavailable } from '../../errors.ts';
import type { AnyEvent } from '../../events.ts';
import type { Clock, PublishedState, Stored, Table } from '../../ports/index.ts';
import type { Log } from '../process/log.ts';

/** What a service cannot know of one of its records after its database went back, which a person must look into. */
export interface Unknown {
  /** What kind of record, such as `order`. */
  kind: string;
  id: string;
  /** What is unknown, and what can be done. */
  what: string;
  todo: string;
}

/** The records that a service's events tell of. */
export interface Restorable {
  isLost(event: AnyEvent): Promise<boolean>;
  takeBack(event: AnyEvent): Promise<void>;
}

interface Surroundings {
  service: string;
  log: Log;
  clock: Clock;
  onRestore: (part: 'database' | 'stream') => void;
  sayAllAgain: (floor?: number) => Promise<void>;
}

export const publishedState = (
  records: Restorable,
  { service, log, clock, onRestore, sayAllAgain }: Surroundings,
): PublishedState => ({
  isLost: (event) => records.isLost(event),
  async takeBack(events, { since = 'TIME', isCovered }) {
    onRestore('database');
    log.error(
      { records: events.length, since, isCovered },
      `the database went back in time: it takes back what was published since. What cannot be known is listed by: npm run restored -- ${service} --list --backup ${since}`,
    );
    for (const [{ subject, type, version }, err] of await takeBackAll(records, events)) {
      log.error({ err, id: subject, type, version }, 'a record was not taken back');
    }
    // Others may have seen versions of which no event is left, but none as high as the time.
    if (!isCovered) await sayAllAgain(clock.now());
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
export async function takeBackAll(records: Restorable, events: AnyEvent[]) {
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

const LOOKED_AT_ONCE = 100;

/** What these say of each record of a table. */
export async function ofEach<R extends Stored, T>(
  table: Table<R>,
  say: (record: R) => T[],
): Promise<T[]> {
  const all: T[] = [];
  for (let behind = ''; ; ) {
    const records = await table.walk(behind, LOOKED_AT_ONCE);
    all.push(...records.flatMap(say));
    if (records.length < LOOKED_AT_ONCE) return all;
    behind = records.at(-1)?.id ?? '';
  }
}
