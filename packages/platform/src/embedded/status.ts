/** How far the tables of a data folder have come with what is new in their definitions. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { State } from './definitions.ts';
import { StoreError, whyUnusable } from './file.ts';

/** One line a table. @throws StoreError when the folder cannot be read, as while a process uses it. */
export function readStatus(dataDir: string): string[] {
  const path = join(dataDir, 'fairseat.sqlite');
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    const columns = db.prepare(
      `SELECT t.name FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table'
       GROUP BY t.name HAVING sum(c.name IN ('id', 'version', 'body')) = 3 ORDER BY t.name`,
    );
    const tables = (columns.all() as { name: string }[]).map(({ name }) => name);
    const states = statesIn(db);
    return tables.map((name) => lineOf(db as DatabaseSync, name, states.get(name)));
  } catch (error) {
    throw new StoreError(whyUnusable(path, error), { cause: error });
  } finally {
    db?.close();
  }
}

function statesIn(db: DatabaseSync): Map<string, State> {
  const isKept = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'definitions'`).get();
  if (!isKept) return new Map();
  const rows = db.prepare('SELECT name, state FROM definitions').all();
  return new Map(
    (rows as { name: string; state: string }[]).map(({ name, state }) => [name, JSON.parse(state)]),
  );
}

function lineOf(db: DatabaseSync, name: string, state: State | undefined): string {
  const count = (upTo: string) => {
    const row = db.prepare(`SELECT count(*) AS n FROM ${name} WHERE id <= ?`).get(upTo);
    return (row as { n: number }).n;
  };
  const all = count('~');
  if (!state) return `${name}: ${all} records of 0.1.0, the next start looks at them`;
  const filling = Object.keys(state.filling);
  if (filling.length === 0) return `${name}: ${all} records, all filled`;
  return `${name}: ${count(state.place)} of ${all} records, filling ${filling.join(', ')}`;
}
