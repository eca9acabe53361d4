/** What a table keeps beside the JSON of its records: a column for each key and index. */
import type { Stored, TableDefinition } from '@fairseat/common/ports';
import { FORGET, indexPart, keyPart } from '../definition.ts';
import type { Store } from './store.ts';

export type Value = string | number | null;
export type Column<R> = readonly [name: string, value: (record: R) => Value, part: string];

export function columnsOf<R extends Stored>(definition: TableDefinition<R>): Column<R>[] {
  const { unique = {}, indexes = {}, forgetAt } = definition;
  return [
    ...Object.entries(unique).map(([key, value]) => [`k_${key}`, value, keyPart(key)] as const),
    ...Object.entries(indexes).map(
      ([name, value]) => [`i_${name}`, value, indexPart(name)] as const,
    ),
    ...(forgetAt ? [['forget_at', forgetAt, FORGET] as const] : []),
  ];
}

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

/** Makes the table, its columns and its indexes where they are not there yet. */
export function defineTable<R>(store: Store, name: string, columns: Column<R>[], listed = false) {
  store.define(
    `CREATE TABLE IF NOT EXISTS ${name} (id TEXT PRIMARY KEY, version INTEGER NOT NULL,
     created TEXT NOT NULL, body TEXT NOT NULL)`,
  );
  const known = store.sql(`SELECT name FROM pragma_table_info('${name}')`).all() as unknown as {
    name: string;
  }[];
  for (const column of ['written INTEGER', ...columns.map(([column]) => column)]) {
    if (known.some(({ name }) => name === column.split(' ')[0])) continue;
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
