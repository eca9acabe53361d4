import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { eventSql } from '../embedded/event-rows.ts';

type Row = Record<string, string | number>;

/** A changed row; `before` is unset when it is new, `after` when it is deleted. */
export interface RowChange {
  table: string;
  before?: Row;
  after?: Row;
}

/** The columns recorded of the tables of bus and alarms. Records are recorded by their body, indexes not at all. */
const COLUMNS: Record<string, string[]> = {
  event_log: ['seq', 'body'],
  cursors: ['consumer', 'seq'],
  parked: ['consumer', 'seq'],
  dead_letters: ['consumer', 'seq', 'body', 'reason', 'died_at'],
  timers: ['service', 'key', 'at'],
};

const SIDES = { INSERT: ['after'], UPDATE: ['before', 'after'], DELETE: ['before'] };

/** Records which rows change, by triggers that write to a table, which is rolled back with the rows. */
export class RowLog {
  readonly #db: DatabaseSync;
  readonly #watched = new Set<string>();
  readonly #read: StatementSync;
  readonly #clear: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec('CREATE TEMP TABLE changes (n INTEGER PRIMARY KEY, change TEXT)');
    this.#read = db.prepare('SELECT change FROM changes ORDER BY n');
    this.#clear = db.prepare('DELETE FROM changes');
  }

  /** Records changes of all present tables from now on. */
  watch() {
    const tables = this.#db.prepare(
      `SELECT t.name, max(c.name = 'body') AS hasBody FROM sqlite_schema t, pragma_table_info(t.name) c
       WHERE t.type = 'table' GROUP BY t.name`,
    );
    for (const { name, hasBody } of tables.all() as { name: string; hasBody: number }[]) {
      const columns = COLUMNS[name] ?? (hasBody ? ['body'] : undefined);
      if (columns && !this.#watched.has(name)) this.#watch(name, columns);
      this.#watched.add(name);
    }
  }

  /** Returns the changes since the last call that were not rolled back. */
  take(): RowChange[] {
    const rows = this.#read.all() as { change: string }[];
    if (rows.length > 0) this.#clear.run();
    return rows.map(({ change }) => JSON.parse(change));
  }

  #watch(table: string, columns: string[]) {
    for (const [change, sides] of Object.entries(SIDES)) {
      const rows = sides.map((side) => {
        const from = side === 'before' ? 'OLD' : 'NEW';
        const sqlOf = (name: string) =>
          name === 'body' && table === 'event_log' ? eventSql(from) : `${from}.${name}`;
        return `'${side}', json_object(${columns.map((name) => `'${name}', ${sqlOf(name)}`)})`;
      });
      this.#db.exec(
        `CREATE TEMP TRIGGER ${table}_${change} AFTER ${change} ON main.${table} BEGIN
         INSERT INTO changes (change) VALUES (json_object('table', '${table}', ${rows}));
         END`,
      );
    }
  }
}
