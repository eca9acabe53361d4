import type { Stored } from '../contracts/shared.ts';
import type { AnyEvent } from '../events.ts';

export type { Stored };

/** How a service's table is kept. Every function is pure; `null` leaves the record out of that key or index. */
export interface TableDefinition<R extends Stored> {
  name: string;
  /** No two records have the same value. */
  unique?: Record<string, (record: R) => string | null>;
  /** The same for a record that has several values of one kind: no two records share any. */
  uniqueEach?: Record<string, (record: R) => string[]>;
  /** For `find` (text) and `due` (milliseconds since the epoch). */
  indexes?: Record<string, (record: R) => string | number | null>;
  /** Whether `find` is also asked for all records, without a condition; a table that is not asked keeps no index for it. */
  listed?: boolean;
  /** The text that `find` searches, see `wordsOf`. */
  text?: (record: R) => string | null;
  /** When the record may be forgotten, in milliseconds since the epoch. */
  forgetAt?: (record: R) => number;
}

export interface Query {
  /** Index values that must all be met. */
  where?: Record<string, string>;
  /** Words that must all be in the text, whole, whatever their case or accents. */
  words?: string;
  /** The `nextCursor` of the page before. */
  cursor?: string;
  limit: number;
}

/** A page may be shorter than its limit although more follows: `nextCursor` alone tells. */
export interface Page<R> {
  records: R[];
  nextCursor: string | null;
}

/**
 * One service's records of one kind. State and the events that leave with it are saved in one atomic write:
 * all or nothing, durable once the promise resolves.
 * All methods throw `Unavailable` when the engine cannot be reached or cannot save.
 */
export interface Table<R extends Stored> {
  get(id: string): Promise<R | undefined>;
  getByKey(key: string, value: string): Promise<R | undefined>;
  /** @throws DuplicateKey when the id or a unique key is taken. */
  insert(record: R, events?: AnyEvent[]): Promise<void>;
  /**
   * Compare-and-set: `next` takes the place of `current` if that is still the saved version.
   * @throws VersionConflict when it is not, DuplicateKey when a unique key is taken.
   */
  replace(current: R, next: R, events?: AnyEvent[]): Promise<void>;
  /** Keeps a copy of another service's record: saved if none or only an older version is here. */
  keepNewest(record: R): Promise<void>;
  /** Newest first. @throws Problem (400) when the cursor is malformed. */
  find(query: Query): Promise<Page<R>>;
  /** Records whose index value is at most `upTo`, lowest first. */
  due(index: string, upTo: number, limit: number): Promise<R[]>;
}
