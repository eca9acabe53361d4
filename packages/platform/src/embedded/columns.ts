/** The columns of a table beside the JSON of its records: one for each key and index. */
import type { Stored, TableDefinition } from '@fairseat/common/ports';
import type { Store } from './store.ts';

export type Value = string | number | null;
export type Column<R> = readonly [name: string, value: (record: R) => Value];

export function columnsOf<R extends Stored>(definition: TableDefinition<R>): Column<R>[] {
  const { unique = {}, indexes = {}, forgetAt } = definition;
  return [
    ...Object.entries(unique).map(([key, value]) => [`k_${key}`, value] as const),
    ...Object.entries(indexes).map(([index, value]) => [`i_${index}`, value] as const),
    ...(forgetAt ? [['forget_at', forgetAt] as const] : []),
  ];
}

/** Creates the table and its indexes unless they exist. */
export function defineTable<R>(store: Store, name: string, columns: Column<R>[], listed = false) {
  store.define(
    `CREATE TABLE IF NOT EXISTS ${name} (id TEXT PRIMARY KEY, version INTEGER NOT NULL,
     created TEXT NOT NULL, body TEXT NOT NULL${columns.map(([column]) => `, ${column}`).join('')})`,
  );
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
