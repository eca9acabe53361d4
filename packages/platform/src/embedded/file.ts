/** Opens the file of the store, and explains why it cannot be opened. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StartError } from '@fairseat/common/errors';
import { defineEvents } from './event-rows.ts';

const SCHEMA_VERSION = 1;
/** The most that SQLite maps; the rest of the file is read as usual. */
const MAPPED_BYTES = 0x7fff0000;

/** So much of the file may lie free: it is soon written again. */
const FREE_PAGES = 1024;
const FREE_SHARE = 1 / 8;
/** Of 4 KB: so few that nobody waits long for them. */
const PAGES_AT_ONCE = 64;
/** A file of up to so many pages is written anew at the start of a release that can give space back. */
const REWRITTEN_PAGES = 16_384;

const SETTINGS = [
  // The operating system holds the exclusive lock, so it ends with the process, however that ends.
  'locking_mode = EXCLUSIVE',
  'journal_mode = WAL',
  'synchronous = FULL',
  // Pages outside the log are read from the system's own memory. SQLite's page cache stays small: a commit that split
  // a page goes through all of it, and with 64 MB that took a sixth of a reservation's time.
  `mmap_size = ${MAPPED_BYTES}`,
  'cache_size = -8192',
  // A checkpoint each 16 MB. A larger log, which is not mapped, serves more reads, and its checkpoints block everybody
  // for longer; with a smaller one, pages that change often are copied into the file more often.
  'wal_autocheckpoint = 4000',
];

/** The data folder cannot be used. The message says why and what to do. */
export class StoreError extends StartError {
  override name = 'StoreError';
}

export interface StoreFile {
  db: DatabaseSync;
  /** The number of the newest event, 0 when there is none. */
  lastSeq: number;
}

/** @throws StoreError when the folder cannot be used, with the reason and what to do. */
export function openFolder(dataDir: string): StoreFile {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { message } = error as Error;
    throw new StoreError(`Cannot make the data folder ${dataDir}: ${message}.`, { cause: error });
  }
  return openFile(join(dataDir, 'fairseat.sqlite'));
}

/** @throws StoreError when the file cannot be used, with the reason and what to do. */
export function openFile(path: string): StoreFile {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    const pages = numberOf(db, 'page_count');
    // Of a new file, before anything is in it.
    if (pages === 0) db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    for (const setting of SETTINGS) db.exec(`PRAGMA ${setting}`);
    const version = numberOf(db, 'user_version');
    if (version > SCHEMA_VERSION) throw new Error('it was written by a newer Fairseat');
    db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    defineEvents(db);
    const { last } = db.prepare('SELECT max(seq) AS last FROM events').get() as {
      last: number | null;
    };
    if (pages > 0 && pages <= REWRITTEN_PAGES) prepareToShrink(db);
    return { db, lastSeq: last ?? 0 };
  } catch (error) {
    db?.close();
    throw new StoreError(whyUnusable(path, error), { cause: error });
  }
}

const numberOf = (db: DatabaseSync, pragma: string) =>
  Number(Object.values(db.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);

/** The files of 0.1.0 keep no account of who points to a page: to have one they are written anew. */
function prepareToShrink(db: DatabaseSync) {
  if (numberOf(db, 'auto_vacuum') !== 0) return;
  db.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM');
}

/** Gives some of what lies free back to the system. Answers whether there is more. */
export function giveBackSpace(store: { sql(text: string): StatementSync }): boolean {
  const ask = (pragma: string) =>
    Number(Object.values(store.sql(`PRAGMA ${pragma}`).get() ?? {})[0]);
  const isTooMuch = (free: number) => free > Math.max(FREE_PAGES, ask('page_count') * FREE_SHARE);
  const free = ask('freelist_count');
  if (!isTooMuch(free)) return false;
  // Frees one page with each step of the statement.
  store.sql(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`).all();
  return ask('freelist_count') < free;
}

/** What was given back leaves the file with the next checkpoint, which could be long in coming where little is written. */
export function cutFile(store: { sql(text: string): StatementSync }) {
  store.sql('PRAGMA wal_checkpoint(PASSIVE)').all();
}

export function whyUnusable(path: string, error: unknown) {
  const { errcode, message } = error as { errcode?: number; message: string };
  const reasons: Record<number, string> = {
    5: 'another process is using it. Stop that one, or choose another DATA_DIR',
    8: 'it is read-only',
    11: 'it is damaged. Restore it from a backup',
    13: 'the disk is full',
    14: 'it cannot be opened. Check that the folder exists and may be written',
    26: 'it is not a Fairseat database',
  };
  return `Cannot use ${path}: ${reasons[(errcode ?? 0) & 0xff] ?? message}.`;
}
