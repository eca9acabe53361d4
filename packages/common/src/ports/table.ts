import type { Stored } from '../contracts/shared.ts';
import type { AnyEvent } from '../events.ts';

export type { Stored };

/** Name, keys and indexes of a table. Every function must be pure; `null` leaves the record out of its key or index. */
export interface TableDefinition<R extends Stored> {
  name: string;
  /** Unique keys: no two records may have the same value. */
  unique?: Record<string, (record: R) => string | null>;
  /** Unique keys of which a record has several values: no two records may share any. */
  uniqueEach?: Record<string, (record: R) => string[]>;
  /** Indexes for `find` (text) and `due` (milliseconds since the epoch). */
  indexes?: Record<string, (record: R) => string | number | null>;
  /** True when `find` is also called without a condition: only then an index for that is kept. */
  listed?: boolean;
  /** The text that `find` searches, see `wordsOf`. */
  text?: (record: R) => string | null;
  /** The time from which the record may be deleted, in milliseconds since the epoch. */
  forgetAt?: (record: R) => number;
}

export interface Query {
  /** The index values that a record must have, all of them. */
  where?: Record<string, string>;
  /** The words that a text must contain, all of them and whole, whatever their case or accents. */
  words?: string;
  /** The `nextCursor` of the page before. */
  cursor?: string;
  limit: number;
}

/** A page may be shorter than its limit although more follow: only a `nextCursor` of null marks the last. */
export interface Page<R> {
  records: R[];
  nextCursor: string | null;
}

/**
 * One service's records of one kind. A record and its events are saved in one atomic write: all or nothing, durable
 * once the promise resolves.
 * All methods throw `Unavailable` when the engine cannot be reached or cannot save.
 */
export interface Table<R extends Stored> {
  get(id: string): Promise<R | undefined>;
  getByKey(key: string, value: string): Promise<R | undefined>;
  /** @throws DuplicateKey when the id or a unique key is taken. */
  insert(record: R, events?: AnyEvent[]): Promise<void>;
  /**
   * Compare-and-set: `next` replaces `current` if that is still the saved version.
   * @throws VersionConflict when it is not, DuplicateKey when a unique key is taken.
   */
  replace(current: R, next: R, events?: AnyEvent[]): Promise<void>;
  /** Keeps a replica of another service's record: saved unless the same or a newer version is here. */
  keepNewest(record: R): Promise<void>;
  /** Newest first. @throws Problem (400) when the cursor is malformed. */
  find(query: Query): Promise<Page<R>>;
  /** The records whose ids come next behind this one, by id: the way through all of them. */
  walk(behind: string, limit: number): Promise<R[]>;
  /** Records whose index value is at most `upTo`, lowest first. */
  due(index: string, upTo: number, limit: number): Promise<R[]>;
}
