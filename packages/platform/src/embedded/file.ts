/** The file that the store writes: how it is opened, and why it cannot be. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StartError } from '@fairseat/common/errors';

const SCHEMA_VERSION = 1;
/** The most that SQLite maps; what lies behind is read as usual. */
const MAPPED_BYTES = 0x7fff0000;

/** So much of the file may lie free: it is soon written again. */
const FREE_PAGES = 1024;
const FREE_SHARE = 1 / 8;
/** Of 4 KB: so few that nobody waits long for them. */
const PAGES_AT_ONCE = 64;
/** A file of up to so many pages is written anew at the start of a release that can give space back. */
const REWRITTEN_PAGES = 16_384;

const SETTINGS = [
  // The exclusive lock is the operating system's: it ends with the process, however that ends.
  'locking_mode = EXCLUSIVE',
  'journal_mode = WAL',
  'synchronous = FULL',
  // What is not in the log is read where the system has it in memory already. The engine's own copies are few: each
  // commit that divided a page goes through all of them, and with 64 MB that was a sixth of a reservation's time.
  `mmap_size = ${MAPPED_BYTES}`,
  'cache_size = -8192',
  // A checkpoint each 16 MB: with larger logs more is read from the log, which is not mapped, and each holds everybody up
  // for longer; with smaller ones, pages that change often are copied into the file more often.
  'wal_autocheckpoint = 4000',
];

/** A data folder that cannot be used; the message says why and what to do. */
export class StoreError extends StartError {
  override name = 'StoreError';
}

export interface StoreFile {
  db: DatabaseSync;
  /** The number of its newest event, 0 when there is none. */
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

/** @throws StoreError when another process has it open or the disk does not take it. */
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
    db.exec('CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)');
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

function whyUnusable(path: string, error: unknown) {
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
