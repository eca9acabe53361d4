/** Reads the log of a data folder, also while a process uses it. */
import { constants, copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type AnyEvent, isEventType, parseEvent } from '@fairseat/common/events';
import { StoreError, whyUnusable } from './file.ts';

const NAME = 'fairseat.sqlite';
const TRIES = 20;

/**
 * The events whose JSON has one of these texts, in the order of the log; what a newer release publishes and this one does
 * not know is left out. A process that uses the folder has locked the file, so a copy is read, which goes with the call.
 * Not to be called in that process itself: closing the file there would give up the lock.
 * @throws StoreError when the folder cannot be read.
 */
export function readEvents(dataDir: string, texts: readonly string[]): AnyEvent[] {
  const path = join(dataDir, NAME);
  if (!existsSync(path)) throw new StoreError(`${dataDir} has no data of Fairseat.`);
  const folder = mkdtempSync(join(tmpdir(), 'fairseat-log-'));
  try {
    copyAsOfNow(path, join(folder, NAME));
    return eventsIn(join(folder, NAME), texts);
  } catch (error) {
    throw error instanceof StoreError
      ? error
      : new StoreError(whyUnusable(path, error), { cause: error });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Copies the file, then the log of writes that are not in it yet. If the file is the same after that, both belong together:
 * that log only grows until it is brought into the file, and what was written to it in part is no commit.
 */
function copyAsOfNow(path: string, copy: string) {
  const stamp = () => {
    const { size, mtimeNs } = statSync(path, { bigint: true });
    return `${size} ${mtimeNs}`;
  };
  for (let tried = 0; tried < TRIES; tried++) {
    const before = stamp();
    copyFileSync(path, copy, constants.COPYFILE_FICLONE);
    rmSync(`${copy}-wal`, { force: true });
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    if (stamp() === before) return;
  }
  throw new StoreError(`Cannot read ${path}: it changes faster than it can be copied. Try again.`);
}

function eventsIn(path: string, texts: readonly string[]): AnyEvent[] {
  const db = new DatabaseSync(path);
  try {
    const wanted = texts.map(() => 'instr(body, ?) > 0').join(' OR ');
    const rows = db.prepare(`SELECT body FROM events WHERE ${wanted} ORDER BY seq`).all(...texts);
    const events = (rows as { body: string }[]).map(({ body }) => JSON.parse(body));
    return events.filter(({ type }) => isEventType(type)).map(parseEvent);
  } finally {
    db.close();
  }
}
