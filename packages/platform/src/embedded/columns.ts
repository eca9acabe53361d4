/** What a table keeps beside the JSON of its records: a column for each key and index. */
import type { Stored, TableDefinition } from '@fairseat/common/ports';
import { FORGET, indexPart, keyPart, OLDER } from '../definition.ts';
import type { Store } from './store.ts';

export type Value = string | number | null;
export type Column<R> = readonly [name: string, value: (record: R) => Value, part: string];

/**
 * What another function made lies under the plain name of an index, and what this one makes beside it. New records have
 * both, for the release before that may be rolled back to.
 */
export function columnsOf<R extends Stored>(
  definition: TableDefinition<R>,
  columnOf: (index: string) => string,
): Column<R>[] {
  const { unique = {}, indexes = {}, forgetAt } = definition;
  return [
    ...Object.entries(unique).map(([key, value]) => [`k_${key}`, value, keyPart(key)] as const),
    ...Object.entries(indexes).flatMap(([name, value]) => {
      const [plain, own] = [plainColumn(name), columnOf(name)];
      const column = [own, value, indexPart(name)] as const;
      return own === plain ? [column] : [[plain, value, OLDER] as const, column];
    }),
    ...(forgetAt ? [['forget_at', forgetAt, FORGET] as const] : []),
  ];
}

export const plainColumn = (index: string) => `i_${index}`;

const VERSIONS = 1000;

/**
 * The column `written`: the record's version, and the version of the definition that it was written in. Where the first
 * is not the row's own, it was written by a Fairseat that has no such column: by 0.1.0, in version 1.
 */
export const writtenIn = (recordVersion: number, definitionVersion: number) =>
  recordVersion * VERSIONS + definitionVersion;

/** Rows of a Fairseat that knows nothing of `written`. */
export const IS_FOREIGN = `written / ${VERSIONS} IS NOT version`;

/** The version of the definition that a record was written in. */
export function definitionVersionOf(recordVersion: number, written: number | null): number {
  const own = Math.floor((written ?? 0) / VERSIONS) === recordVersion;
  return own ? (written ?? 0) % VERSIONS : 1;
}

/** The columns that the table has; it is made where there is none. */
export function defineTable(store: Store, name: string): string[] {
  store.define(
    `CREATE TABLE IF NOT EXISTS ${name} (id TEXT PRIMARY KEY, version INTEGER NOT NULL,
     created TEXT NOT NULL, body TEXT NOT NULL)`,
  );
  const columns = store.sql(`SELECT name FROM pragma_table_info('${name}')`).all();
  return (columns as unknown as { name: string }[]).map((column) => column.name);
}

/** Makes the columns and indexes that are not there yet. */
export function defineColumns<R>(store: Store, name: string, columns: Column<R>[], listed = false) {
  const known = defineTable(store, name);
  for (const column of ['written INTEGER', ...columns.map(([column]) => column)]) {
    if (known.includes(column.split(' ')[0] as string)) continue;
    store.define(`ALTER TABLE ${name} ADD COLUMN ${column}`);
  }
  store.define(`CREATE INDEX IF NOT EXISTS ${name}_foreign ON ${name} (id) WHERE ${IS_FOREIGN}`);
  if (listed) {
    store.define(`CREATE INDEX IF NOT EXISTS ${name}_newest ON ${name} (created, id)`);
  }
  for (const [column] of columns) {
    const [kind, fields] = column.startsWith('k_')
      ? ['UNIQUE INDEX', column]
      : ['INDEX', `${column}, created, id`];
    store.define(
      `CREATE ${kind} IF NOT EXISTS ${name}_${column} ON ${name} (${fields})
       WHERE ${column} IS NOT NULL`,
    );
  }
}
