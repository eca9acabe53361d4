/** A small file beside the store, which an operator's commands open while Fairseat has the store for itself. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Unavailable, VersionConflict } from '@fairseat/common/errors';
import type { Clock, Entry, Registry } from '@fairseat/common/ports';
import { systemClock } from '../clock.ts';

const LOOK_EVERY_MS = 250;
/** The longest that a write waits for that of another process. */
const BUSY_MS = 2000;
const SETTINGS = `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS entries (
    name TEXT, key TEXT, value TEXT NOT NULL, revision INTEGER NOT NULL, PRIMARY KEY (name, key)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS revisions (last INTEGER NOT NULL);
  INSERT INTO revisions SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM revisions);`;
/** A higher revision than any before, also of what was removed. */
const NEXT = 'UPDATE revisions SET last = last + 1 RETURNING last';
const INSERT = 'INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?)';
const UPDATE =
  'UPDATE entries SET value = ?, revision = ? WHERE name = ? AND key = ? AND revision = ?';

/** Opens the file with the first use. */
export class RegistryFile {
  readonly #dataDir: string;
  readonly #clock: Clock;
  readonly #watchers = new Set<() => void>();
  #opened: DatabaseSync | undefined;
  #seen = 0;
  #isClosed = false;
  #cancel = () => {};

  constructor(dataDir: string, clock: Clock = systemClock) {
    this.#dataDir = dataDir;
    this.#clock = clock;
  }

  registry(name: string): Registry {
    return {
      list: async () =>
        this.#do((db) => {
          const rows = db
            .prepare('SELECT key, value, revision FROM entries WHERE name = ? ORDER BY key')
            .all(name) as { key: string; value: string; revision: number }[];
          return rows.map((row): Entry => ({ ...row, value: JSON.parse(row.value) }));
        }),
      put: async (key, value, revision) =>
        this.#write((db) => {
          const { last } = db.prepare(NEXT).get() as { last: number };
          const text = JSON.stringify(value);
          const { changes } =
            revision === 0
              ? db.prepare(INSERT).run(name, key, text, last)
              : db.prepare(UPDATE).run(text, last, name, key, revision);
          if (changes === 0) throw new VersionConflict(`${key} was written meanwhile`);
          return last;
        }),
      remove: async (key) =>
        this.#write((db) => {
          db.prepare('DELETE FROM entries WHERE name = ? AND key = ?').run(name, key);
        }),
      watch: (listener) => {
        this.#watchers.add(listener);
        if (this.#watchers.size === 1) this.#look();
        return () => {
          this.#watchers.delete(listener);
        };
      },
    };
  }

  close() {
    this.#isClosed = true;
    this.#cancel();
    this.#opened?.close();
    this.#opened = undefined;
  }

  #open(): DatabaseSync {
    if (this.#isClosed) throw new Unavailable('The registry is closed.');
    if (this.#opened) return this.#opened;
    mkdirSync(this.#dataDir, { recursive: true, mode: 0o700 });
    const db = new DatabaseSync(join(this.#dataDir, 'registry.sqlite'), { timeout: BUSY_MS });
    db.exec(SETTINGS);
    this.#opened = db;
    return db;
  }

  #do<T>(act: (db: DatabaseSync) => T): T {
    try {
      return act(this.#open());
    } catch (error) {
      if (error instanceof VersionConflict || error instanceof Unavailable) throw error;
      const { message } = error as Error;
      throw new Unavailable(`registry.sqlite: ${message}`, { cause: error });
    }
  }

  #write<T>(act: (db: DatabaseSync) => T): T {
    const written = this.#do((db) => {
      db.exec('BEGIN IMMEDIATE');
      try {
        const result = act(db);
        db.exec('COMMIT');
        return result;
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    });
    this.#tell();
    return written;
  }

  /** SQLite counts the writes of other connections. */
  #look() {
    this.#cancel();
    if (this.#isClosed || this.#watchers.size === 0) return;
    this.#cancel = this.#clock.after(LOOK_EVERY_MS, () => this.#look());
    try {
      const { data_version: version } = this.#do((db) =>
        db.prepare('PRAGMA data_version').get(),
      ) as { data_version: number };
      if (version !== this.#seen) this.#tell();
      this.#seen = version;
    } catch {
      // The next look tells.
    }
  }

  #tell() {
    for (const listener of this.#watchers) listener();
  }
}
