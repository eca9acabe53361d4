import type { Stored } from '@fairseat/common/ports';
import type { Store, Write } from './store.ts';

interface SideTableOptions<R> {
  name: string;
  valuesOf: (record: R) => string[];
  /** The source of the values, where comparing it is cheaper than computing them. */
  sourceOf?: (record: R) => unknown;
  /** `id`, the column of the value by any name, and `created` where rows are in order of time. */
  columns: string[];
  /** The columns of the primary key. */
  key: string[];
}

/** Several values of each record, such as its words, in a table of their own that is kept in step with it. */
export class SideTable<R extends Stored> {
  readonly #store: Store;
  readonly #options: SideTableOptions<R>;
  readonly #addSql: string;
  readonly #dropSql: string;

  constructor(store: Store, options: SideTableOptions<R>) {
    const { name: table, columns, key } = options;
    this.#store = store;
    this.#options = options;
    this.#addSql = `INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')})`;
    this.#dropSql = `DELETE FROM ${table} WHERE ${columns.map((name) => `${name} = ?`).join(' AND ')}`;
    const defined = columns.map((name) => `${name} TEXT NOT NULL`);
    store.define(
      `CREATE TABLE IF NOT EXISTS ${table} (${defined}, PRIMARY KEY (${key})) WITHOUT ROWID`,
    );
  }

  /** Writes only the values that differ. Returns undefined when none does. */
  prepareChange(current: R | undefined, next: R): Write | undefined {
    const { valuesOf, sourceOf, columns } = this.#options;
    if (current && sourceOf && sourceOf(current) === sourceOf(next)) return undefined;
    const before = current ? valuesOf(current) : [];
    const after = valuesOf(next);
    const dropped = before.filter((value) => !after.includes(value));
    const added = after.filter((value) => !before.includes(value));
    if (dropped.length + added.length === 0) return undefined;
    const own: Record<string, string> = { created: next.createdAt, id: next.id };
    const rowOf = (value: string) => columns.map((name) => own[name] ?? value);
    return () => {
      for (const value of dropped) this.#store.sql(this.#dropSql).run(...rowOf(value));
      for (const value of added) this.#store.sql(this.#addSql).run(...rowOf(value));
    };
  }
}
