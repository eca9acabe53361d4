/** The one SQLite file of the embedded platform: opened by one process alone, committed in groups. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { DuplicateKey, Unavailable, VersionConflict } from '@fairseat/common/errors';
import type { AnyEvent } from '@fairseat/common/events';
import { type EventRow, INSERT_EVENT } from './event-rows.ts';
import type { StoreFile } from './file.ts';

/** Runs statements inside the group's transaction. Everything else was computed before. */
export type Write = () => void;

export interface SavedEvent {
  seq: number;
  event: AnyEvent;
}

/** Takes part in every transaction, to write with it or to learn its outcome. */
export interface CommitListener {
  /** Called when events were written. Writes that their handlers make at once join the same transaction. */
  onEvents?(events: SavedEvent[]): void;
  beforeCommit?(): void;
  afterCommit?(events: SavedEvent[]): void;
  afterRollback?(): void;
}

/** Writes that are saved together. */
interface Unit {
  writes: Write[];
  /** True when it may fail after its first change, and so needs a savepoint. */
  guarded: boolean;
  open: boolean;
}

interface Waiting {
  writes: Write[];
  guarded: boolean;
  /** Runs last, once all writes have succeeded. */
  finish?: Write;
  resolve: () => void;
  reject: (error: unknown) => void;
  error?: unknown;
}

/** Bounds one commit, so that nobody waits long behind it. */
const MAX_GROUP = 1000;
const MAX_ROUNDS = 8;
const UNIQUE_VIOLATIONS = [1555, 2067];
/** SQLite's primary codes for: busy, out of memory, read-only, I/O error, damaged, full, cannot open. */
const ENGINE_TROUBLES = [5, 7, 8, 10, 11, 13, 14];

/**
 * Group commit: concurrent writes of all services, and the writes that their events set off at once, share one
 * transaction and so one wait for the disk. A write that loses (compare-and-set, unique key) fails for its own caller
 * only. The promise of a write resolves once it is on disk.
 */
export class Store {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #units = new AsyncLocalStorage<Unit>();
  readonly #listeners: CommitListener[] = [];
  readonly #flushSoon: () => Promise<void>;
  /** Resolves once other work has had its turn. */
  readonly nextTurn: () => Promise<void>;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #closed = false;
  /** The events saved by the transaction under way. */
  #events: SavedEvent[] = [];
  #undo: (() => void)[] = [];
  #nextSeq: number;

  constructor({ db, lastSeq }: StoreFile, nextTurn: () => Promise<void> = setImmediate) {
    this.#db = db;
    this.#nextSeq = lastSeq + 1;
    this.nextTurn = nextTurn;
    // Bound here, so that a group does not run inside the story of the write that scheduled it.
    const flush = AsyncLocalStorage.bind(() => this.#flush());
    this.#flushSoon = async () => {
      await nextTurn();
      await flush();
    };
  }

  /** Creates tables and indexes, at start. */
  define(sql: string) {
    this.#db.exec(sql);
  }

  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  /** The number of the newest saved event. */
  get lastSeq() {
    return this.#nextSeq - 1;
  }

  /** Keeps numbers from being given twice when all events have been trimmed. */
  continueAfter(seq: number) {
    this.#nextSeq = Math.max(this.#nextSeq, seq + 1);
  }

  listen(listener: CommitListener) {
    this.#listeners.push(listener);
  }

  /** Saves an event in the log. Call it within a write. */
  append(event: AnyEvent, row: EventRow) {
    const seq = this.#nextSeq;
    this.sql(INSERT_EVENT).run(seq, ...row);
    this.#nextSeq = seq + 1;
    this.#events.push({ seq, event });
  }

  /** Calls back if the write is rolled back. Call it within a write. */
  onUndone(callback: () => void) {
    this.#undo.push(callback);
  }

  /**
   * Resolves once durable; inside a unit it joins the unit instead and resolves at once. Set `failsWhole` when it cannot
   * fail after its first change: then it needs no savepoint, for which SQLite copies each page that is touched.
   * @throws VersionConflict, DuplicateKey, Unavailable
   */
  write(write: Write, failsWhole = false): Promise<void> {
    const unit = this.#units.getStore();
    if (!unit?.open) return this.#enqueue([write], !failsWhole);
    unit.guarded ||= !failsWhole || unit.writes.length > 0;
    unit.writes.push(write);
    return Promise.resolve();
  }

  /** Runs a read outside of writes. @throws Unavailable when the disk fails. */
  read<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!isEngineTrouble(error)) throw error;
      throw new Unavailable('The data could not be read.', { cause: error });
    }
  }

  /** Runs work. Its writes and `finish` are saved together or not at all. */
  async unit(work: () => Promise<void>, finish: Write): Promise<void> {
    const unit: Unit = { writes: [], guarded: false, open: true };
    try {
      await this.#units.run(unit, work);
    } finally {
      // Work left running writes for itself from now on.
      unit.open = false;
    }
    await this.#enqueue(unit.writes, unit.guarded, finish);
  }

  /** Saves all waiting writes and closes the file. */
  async close() {
    while (this.#flushing !== undefined) await this.#flushing;
    if (this.#closed) return;
    this.#closed = true;
    this.#db.close();
  }

  /** For tests: ends as a killed process would, without saving the waiting writes. */
  crash() {
    if (this.#closed) return;
    this.#closed = true;
    this.#db.close();
    const lost = new Unavailable('The store has crashed.');
    for (const { reject } of this.#waiting.splice(0)) reject(lost);
  }

  #enqueue(writes: Write[], guarded: boolean, finish?: Write): Promise<void> {
    if (this.#closed) return Promise.reject(new Unavailable('The store is closed.'));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ writes, guarded, ...(finish && { finish }), resolve, reject });
    this.#flushing ??= this.#flushSoon();
    return promise;
  }

  async #flush() {
    const group: Waiting[] = [];
    const error = await this.#commit(group);
    this.#flushing = this.#waiting.length > 0 && !this.#closed ? this.#flushSoon() : undefined;
    if (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const waiting of group) waiting.error ? waiting.reject(waiting.error) : waiting.resolve();
    for (const listener of this.#listeners) listener.afterCommit?.(this.#events);
  }

  /** Moves all waiting writes into the group and saves it. Returns an error when the disk failed and none is saved. */
  async #commit(group: Waiting[]): Promise<Unavailable | undefined> {
    const firstSeq = this.#nextSeq;
    this.#events = [];
    this.#undo = [];
    try {
      this.sql('BEGIN IMMEDIATE').run();
      for (let round = 0; round < MAX_ROUNDS && group.length < MAX_GROUP; round++) {
        if (this.#waiting.length === 0) break;
        const written = this.#events.length;
        const next = this.#waiting.splice(0, MAX_GROUP);
        group.push(...next);
        for (const waiting of next) this.#perform(waiting);
        const events = this.#events.slice(written);
        for (const listener of this.#listeners) listener.onEvents?.(events);
        await allMicrotasks();
      }
      for (const listener of this.#listeners) listener.beforeCommit?.();
      this.sql('COMMIT').run();
      return undefined;
    } catch (error) {
      this.#rollback();
      // Writes that wait by now may rest on state that was rolled back.
      group.push(...this.#waiting.splice(0));
      this.#nextSeq = firstSeq;
      for (const undo of this.#undo) undo();
      for (const listener of this.#listeners) listener.afterRollback?.();
      return new Unavailable('The data could not be saved.', { cause: error });
    }
  }

  #rollback() {
    try {
      this.sql('ROLLBACK').run();
    } catch {
      // Some disk errors have ended the transaction already.
    }
  }

  #perform(waiting: Waiting) {
    const [seq, events, undo] = [this.#nextSeq, this.#events.length, this.#undo.length];
    if (waiting.guarded) this.sql('SAVEPOINT unit').run();
    try {
      for (const write of waiting.writes) write();
      waiting.finish?.();
    } catch (error) {
      waiting.error = asOwnFailure(error);
      if (waiting.guarded) this.sql('ROLLBACK TO unit').run();
      // Only a refusal has surely changed nothing. Without a savepoint, any other error ends the transaction.
      else if (!isRefusal(waiting.error)) throw error;
      for (const callback of this.#undo.splice(undo)) callback();
      this.#nextSeq = seq;
      this.#events.length = events;
    }
    if (waiting.guarded) this.sql('RELEASE unit').run();
  }
}

/** Returns the error for the write's own caller. An error of the engine itself is thrown: it ends the transaction. */
function asOwnFailure(error: unknown): unknown {
  const { errcode, message } = error as { errcode?: number; message?: string };
  if (errcode === undefined) return error;
  if (UNIQUE_VIOLATIONS.includes(errcode)) return new DuplicateKey(message);
  if (isEngineTrouble(error)) throw error;
  return error;
}

function isEngineTrouble(error: unknown): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && ENGINE_TROUBLES.includes(errcode & 0xff);
}

const isRefusal = (error: unknown) =>
  error instanceof VersionConflict || error instanceof DuplicateKey;

/** Resolves once all code that awaits no I/O has run on, and before any I/O is received. */
const allMicrotasks = () => new Promise<void>((resolve) => process.nextTick(resolve));
