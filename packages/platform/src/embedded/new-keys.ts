/** Unique keys that are new in a table's definition: right for all records before anybody reads or writes. */
import type { Stored } from '@fairseat/common/ports';
import { type Column, definitionVersionOf, type Value } from './columns.ts';
import { StoreError } from './file.ts';
import type { SideTable } from './side-table.ts';
import type { Store } from './store.ts';

export interface Row {
  id: string;
  version: number;
  written: number | null;
  body: string;
}

export const writtenAs = ({ version, written }: Row) => definitionVersionOf(version, written);

interface NewKeys<R extends Stored> {
  name: string;
  columns: Column<R>[];
  lists: SideTable<R>[];
  /** Undefined for a record that is damaged. */
  read: (row: Row) => R | undefined;
  /** Why the definition cannot read it, if so. */
  check: (record: R, row: Row) => string | undefined;
}

/**
 * All at once: what is new takes the place of what was there, or nothing does.
 * @throws StoreError when two records have the same value, or one cannot be read by the definition.
 */
export function fillKeys<R extends Stored>(store: Store, keys: NewKeys<R>) {
  store.define('BEGIN IMMEDIATE');
  try {
    for (const { row, record } of recordsOf(store, keys)) {
      const reason = keys.check(record, row);
      if (reason) throw new StoreError(`Record ${row.id} of ${keys.name} ${reason}.`);
    }
    for (const column of keys.columns) fillColumn(store, keys, column);
    for (const list of keys.lists) fillList(store, keys, list);
    store.define('COMMIT');
  } catch (error) {
    store.define('ROLLBACK');
    throw error;
  }
}

function* recordsOf<R extends Stored>(store: Store, { name, read }: NewKeys<R>, column = 'NULL') {
  const rows = store.sql(`SELECT id, version, written, body, ${column} AS value FROM ${name}`);
  for (const each of rows.iterate()) {
    const row = each as unknown as Row & { value: Value };
    const record = read(row);
    if (record) yield { row, record };
  }
}

/** First frees what others may come to have. */
function fillColumn<R extends Stored>(
  store: Store,
  keys: NewKeys<R>,
  [column, keyOf, part]: Column<R>,
) {
  const wrong: [id: string, value: Value][] = [];
  for (const { row, record } of recordsOf(store, keys, column)) {
    const value = keyOf(record);
    if (value !== row.value) wrong.push([row.id, value]);
  }
  const set = store.sql(`UPDATE ${keys.name} SET ${column} = ? WHERE id = ?`);
  const owner = store.sql(`SELECT id FROM ${keys.name} WHERE ${column} = ?`);
  for (const [id] of wrong) set.run(null, id);
  for (const [id, value] of wrong) {
    const other = owner.get(value) as { id: string } | undefined;
    if (other) throw isTaken(keys.name, part, other.id, id);
    set.run(value, id);
  }
}

function fillList<R extends Stored>(store: Store, keys: NewKeys<R>, list: SideTable<R>) {
  list.clear();
  for (const { record } of recordsOf(store, keys)) {
    const other = list.ownerOf(record);
    if (other) throw isTaken(keys.name, list.part, other, record.id);
    list.add(record);
  }
}

const isTaken = (table: string, part: string, one: string, other: string) =>
  new StoreError(
    `The unique ${part} of ${table} is new, and the records ${one} and ${other} have the same value of it.`,
  );
