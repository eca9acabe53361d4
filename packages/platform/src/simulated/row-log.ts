import type { DatabaseSync, StatementSync } from 'node:sqlite';

type Row = Record<string, string | number>;

/** A row as it was and is; unset where it is new or gone. */
export interface RowChange {
  table: string;
  before?: Row;
  after?: Row;
}

/** What is told of the tables of bus and alarms. Of records it is all of them, and of indexes nothing. */
const COLUMNS: Record<string, string[]> = {
  events: ['seq', 'body'],
  cursors: ['consumer', 'seq'],
  parked: ['consumer', 'seq'],
  dead_letters: ['consumer', 'seq', 'body', 'reason', 'died_at'],
  timers: ['service', 'key', 'at'],
};

const SIDES = { INSERT: ['after'], UPDATE: ['before', 'after'], DELETE: ['before'] };

/** SQLite itself tells which rows are changed: triggers note them in a table, which is rolled back with them. */
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

  /** Notes from now on what becomes of the tables that there are. */
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

  /** What was changed since the last look, and was not rolled back. */
  take(): RowChange[] {
    const rows = this.#read.all() as { change: string }[];
    if (rows.length > 0) this.#clear.run();
    return rows.map(({ change }) => JSON.parse(change));
  }

  #watch(table: string, columns: string[]) {
    for (const [change, sides] of Object.entries(SIDES)) {
      const rows = sides.map((side) => {
        const from = side === 'before' ? 'OLD' : 'NEW';
        return `'${side}', json_object(${columns.map((name) => `'${name}', ${from}.${name}`)})`;
      });
      this.#db.exec(
        `CREATE TEMP TRIGGER ${table}_${change} AFTER ${change} ON main.${table} BEGIN
         INSERT INTO changes (change) VALUES (json_object('table', '${table}', ${rows}));
         END`,
      );
    }
  }
}
