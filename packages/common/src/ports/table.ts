import type { Stored } from '../contracts/shared.ts';
import type { AnyEvent } from '../events.ts';

export type { Stored };

/**
 * Name, keys and indexes of a table. Every function must be pure; `null` leaves the record out of its key or index.
 *
 * A definition may change while records of the one before are there, and while replicas and releases that have the one
 * before still write. A key, an index or the text that is new or whose function reads differently is filled for the
 * records that are there: keys before the start is over, which is refused when two records have the same value; the rest
 * by a backfill beside all other work. What a function calls is not compared: when only that has changed, raise `version`.
 *
 * What the release before cannot read or relies on takes two releases. The first expands: it adds the new field or index
 * and goes on writing the old. The second contracts: it no longer needs the old. A release that only adds may be rolled
 * back; a function that changes under its name leaves the release before with an index that it did not make.
 */
export interface TableDefinition<R extends Stored> {
  name: string;
  /** Of the shape of its records, 1 unless said, at most 999. Raise it with an `upcast`: without one the start is refused. */
  version?: number;
  /**
   * What a record that was written in an older version is in this one. Applied on every read and before every write, it
   * never rewrites a record by itself. It must leave alone what is in the new shape already: after a rollback the release
   * before writes newer records, which it reads as they are, under its own version.
   */
  upcast?: (record: Stored, version: number) => R;
  /** Fields that no record may lack: the start is refused where one does, and no upcast gives it a value. */
  required?: readonly (keyof R & string)[];
  /** Unique keys: no two records may have the same value. */
  unique?: Record<string, (record: R) => string | null>;
  /** Unique keys of which a record has several values: no two records may share any. */
  uniqueEach?: Record<string, (record: R) => string[]>;
  /** Indexes for `find` (text) and `due` (milliseconds since the epoch). */
  indexes?: Record<string, (record: R) => string | number | null>;
  /** True when `find` is also called without a condition: only then an index for that is kept. */
  listed?: boolean;
  /** The text that `find` searches, see `termsOf`. */
  text?: (record: R) => string | null;
  /**
   * Records that no condition on this index meets any more: their words are kept apart, and a search with such a condition
   * does not walk past them. Their words are written again when a record ends.
   */
  ended?: { index: string; is: (record: R) => boolean };
  /** The time from which the record may be deleted, in milliseconds since the epoch. */
  forgetAt?: (record: R) => number;
}

export interface Query {
  /** The index values that a record must have, all of them. */
  where?: Record<string, string>;
  /** What the words of a text must begin with, each of these, whatever their case or accents; see `soughtBy`. */
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
 * All methods throw `Unavailable` when the engine cannot be reached or cannot save. A query along an index that is still
 * being filled waits for it, and throws `Unavailable` when that takes long; it never misses a record.
 */
export interface Table<R extends Stored> {
  /**
   * A read may lag a moment behind writes of other processes. With `latest` it does not, at the cost of a write: for a
   * decision that has just lost to one.
   */
  get(id: string, options?: { latest?: boolean }): Promise<R | undefined>;
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
