import { DuplicateKey } from '@fairseat/common/errors';
import type { Stored, TableDefinition } from '@fairseat/common/ports';
import { keyPart, WORDS } from '../definition.ts';
import { wordKeysOf, wordSourceOf } from '../find.ts';
import type { Store, Write } from './store.ts';

interface SideTableOptions<R> {
  name: string;
  /** Of the definition. */
  part: string;
  valuesOf: (record: R) => string[];
  /** The source of the values, where comparing it is cheaper than computing them. */
  sourceOf?: (record: R) => unknown;
  /** `id`, the column of the value by any name, and `created` where rows are in order of time. */
  columns: string[];
  /** The columns of the primary key. */
  key: string[];
  /** Whether a row may be there already, while the table is being filled. */
  mayBeThere?: boolean;
}

/** A change of one record's rows in two steps, so that the record itself can be written in between. */
export interface SideChange {
  /** Changes nothing. @throws DuplicateKey when another record has a value that is added. */
  check: Write;
  /** Cannot fail once it was checked. */
  write: Write;
}

/** Several values of each record, such as its words, in a table of their own that is kept in step with it. */
export class SideTable<R extends Stored> {
  readonly #store: Store;
  readonly #options: SideTableOptions<R>;
  readonly #addSql: string;
  readonly #dropSql: string;
  readonly #ownerSql: string | undefined;

  constructor(store: Store, options: SideTableOptions<R>) {
    const { name: table, columns, key, mayBeThere } = options;
    this.#store = store;
    this.#options = options;
    this.#addSql = `INSERT ${mayBeThere ? 'OR IGNORE ' : ''}INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`;
    this.#dropSql = `DELETE FROM ${table} WHERE ${columns.map((name) => `${name} = ?`).join(' AND ')}`;
    if (key.length === 1) this.#ownerSql = `SELECT id FROM ${table} WHERE ${key} = ? AND id <> ?`;
    const defined = columns.map((name) => `${name} TEXT NOT NULL`);
    store.define(
      `CREATE TABLE IF NOT EXISTS ${table} (${defined}, PRIMARY KEY (${key})) WITHOUT ROWID`,
    );
  }

  get part() {
    return this.#options.part;
  }

  /** All of the record's, as if it had none. */
  add(record: R) {
    for (const value of this.#options.valuesOf(record)) {
      this.#store.sql(this.#addSql).run(...this.#row(record, value));
    }
  }

  clear() {
    this.#store.sql(`DELETE FROM ${this.#options.name}`).run();
  }

  /** The other record that has one of its values. */
  ownerOf(record: R): string | undefined {
    return this.#ownerOfOne(this.#options.valuesOf(record), record.id);
  }

  /** Touches only what differs; undefined when nothing does. */
  prepareChange(current: R | undefined, next: R): SideChange | undefined {
    const { name, valuesOf, sourceOf } = this.#options;
    if (current && sourceOf && sourceOf(current) === sourceOf(next)) return undefined;
    const before = current ? valuesOf(current) : [];
    const after = valuesOf(next);
    const dropped = before.filter((value) => !after.includes(value));
    const added = after.filter((value) => !before.includes(value));
    if (dropped.length + added.length === 0) return undefined;
    const rowOf = (value: string) => this.#row(next, value);
    return {
      check: () => {
        const other = this.#ownerOfOne(added, next.id);
        if (other) throw new DuplicateKey(`${name} has a value of ${next.id} already: ${other}`);
      },
      write: () => {
        for (const value of dropped) this.#store.sql(this.#dropSql).run(...rowOf(value));
        for (const value of added) this.#store.sql(this.#addSql).run(...rowOf(value));
      },
    };
  }

  /** Of one of the values, beside the record itself; of nothing where records may share them. */
  #ownerOfOne(values: string[], id: string): string | undefined {
    if (this.#ownerSql === undefined) return undefined;
    for (const value of values) {
      const row = this.#store.sql(this.#ownerSql).get(value, id) as { id: string } | undefined;
      if (row) return row.id;
    }
    return undefined;
  }

  #row({ createdAt, id }: R, value: string): string[] {
    const own: Record<string, string> = { created: createdAt, id };
    return this.#options.columns.map((name) => own[name] ?? value);
  }
}

/** One for each key that a record has several of, and one for its words. */
export function sideTablesOf<R extends Stored>(
  store: Store,
  table: string,
  definition: TableDefinition<R>,
  wordsTable: string,
): SideTable<R>[] {
  const { uniqueEach = {}, text } = definition;
  const tables = Object.entries(uniqueEach).map(([key, valuesOf]) => {
    const [name, part] = [`${table}_e_${key}`, keyPart(key)];
    return new SideTable(store, { name, part, valuesOf, columns: ['value', 'id'], key: ['value'] });
  });
  if (!text) return tables;
  const columns = ['word', 'created', 'id'];
  const words = {
    name: wordsTable,
    part: WORDS,
    valuesOf: (record: R) => wordKeysOf(definition, record),
    sourceOf: (record: R) => wordSourceOf(definition, record),
    columns,
    key: columns,
    mayBeThere: true,
  };
  return [...tables, new SideTable(store, words)];
}
