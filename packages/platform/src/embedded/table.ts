import type { StatementSync } from 'node:sqlite';
import { VersionConflict } from '@fairseat/common/errors';
import type { AnyEvent } from '@fairseat/common/events';
import type { Clock, Page, Query, Stored, Table, TableDefinition } from '@fairseat/common/ports';
import { LRUCache } from 'lru-cache';
import { systemClock } from '../clock.ts';
import { indexPart, upcastTo, versionOf, WORDS } from '../definition.ts';
import { MAX_SCANNED, rarest, type Search, searchFor } from '../find.ts';
import { Backfill } from './backfill.ts';
import {
  type Column,
  columnsOf,
  defineColumns,
  definitionVersionOf,
  type Value,
  writtenIn,
} from './columns.ts';
import { rowOf } from './event-rows.ts';
import { type SideChange, type SideTable, sideTablesOf } from './side-table.ts';
import type { Store, Write } from './store.ts';

interface Row {
  body: string;
  /** Left out where all records can only be of one version. */
  version?: number;
  written?: number | null;
}

interface EmbeddedTableOptions {
  clock?: Clock;
  cachedRecords?: number | undefined;
  onError?: (error: unknown) => void;
}

const CACHED_RECORDS = 10_000;
/** Most records grow when they change. With this padding a row still fits its page then. */
const ROOM = ' '.repeat(64);

/** Records as JSON, with one column for each key and index, written by the same statement. */
export class EmbeddedTable<R extends Stored> implements Table<R> {
  readonly #store: Store;
  readonly #definition: TableDefinition<R>;
  readonly #name: string;
  readonly #columns: Column<R>[];
  /** Saved records as last written or read here: never stale, since no other process has the file. */
  readonly #cache: LRUCache<string, R>;
  readonly #select: StatementSync;
  readonly #insert: StatementSync;
  readonly #upsert: StatementSync;
  /** Statements by the set of columns that change, one bit for each. */
  readonly #updates = new Map<number, StatementSync>();
  readonly #sideTables: SideTable<R>[];
  readonly #version: number;
  /** What is read of a row. */
  readonly #read: string;
  readonly #upcast: (record: Stored, writtenAs: number) => R;
  readonly backfill: Backfill<R>;

  /** @throws StoreError when the records that are there do not fit the definition. */
  constructor(
    store: Store,
    name: string,
    definition: TableDefinition<R>,
    options: EmbeddedTableOptions = {},
  ) {
    const { clock = systemClock, cachedRecords = CACHED_RECORDS, onError = () => {} } = options;
    this.#store = store;
    this.#cache = new LRUCache({ max: cachedRecords });
    this.#definition = definition;
    this.#name = name;
    this.#version = versionOf(definition);
    this.#read = this.#version > 1 ? 'body, version, written' : 'body';
    this.#upcast = upcastTo(definition);
    const read = this.#upcast;
    this.backfill = new Backfill({ store, name, definition, read, clock, onError });
    this.#columns = columnsOf(definition, this.backfill.columnOf);
    defineColumns(store, name, this.#columns, definition.listed);
    const own = this.#columns.map(([name]) => name);
    const names = ['id', 'version', 'created', 'body', 'written', ...own];
    const replaced = names.slice(1).map((name) => `${name} = excluded.${name}`);
    const insert = `INSERT INTO ${name} (${names}) VALUES (${names.map(() => '?')})`;
    this.#insert = store.sql(insert);
    this.#upsert = store.sql(`${insert} ON CONFLICT (id) DO UPDATE SET ${replaced}
      WHERE excluded.version > version`);
    this.#select = store.sql(`SELECT ${this.#read} FROM ${name} WHERE id = ?`);
    this.#sideTables = sideTablesOf(store, name, definition, this.backfill.wordsTable);
    this.backfill.open(this.#columns, this.#sideTables);
  }

  async get(id: string) {
    const cached = this.#cache.get(id);
    if (cached) return cached;
    const record = this.#store.read(() => this.#one(this.#select, id));
    if (record) this.#cache.set(id, record);
    return record;
  }

  async getByKey(key: string, value: string) {
    const owner = `SELECT id FROM ${this.#name}_e_${key} WHERE value = ?`;
    const condition = this.#definition.uniqueEach?.[key] ? `id = (${owner})` : `k_${key} = ?`;
    return this.#store.read(() => this.#one(this.#selectWhere(condition), value));
  }

  insert(record: R, events: AnyEvent[] = []) {
    const insert = this.#prepareInsert(record);
    return this.#save(insert, this.#prepareSideTables(undefined, record), events);
  }

  replace(current: R, next: R, events: AnyEvent[] = []) {
    const replace = this.#prepareReplace(current, next);
    return this.#save(replace, this.#prepareSideTables(current, next), events);
  }

  /** Whatever can fail comes first and changes nothing then: the checks, and the record itself. */
  #save(record: Write, beside: SideChange[], events: AnyEvent[]) {
    const append = this.#prepareEvents(events);
    const save = () => {
      for (const { check } of beside) check();
      record();
      for (const { write } of beside) write();
      append();
    };
    return this.#store.write(save, true);
  }

  keepNewest(record: R) {
    const upsert = this.#prepareUpsert(record);
    if (this.#sideTables.length === 0) return this.#store.write(upsert, true);
    return this.#store.write(() => {
      const kept = this.#one(this.#select, record.id);
      if (kept && kept.version >= record.version) return;
      const beside = this.#prepareSideTables(kept, record);
      for (const { check } of beside) check();
      upsert();
      for (const { write } of beside) write();
    });
  }

  async find(query: Query): Promise<Page<R>> {
    const [index] = Object.keys(query.where ?? {});
    const along = query.words === undefined ? index && indexPart(index) : WORDS;
    if (along && !this.backfill.isFilled(along)) await this.backfill.filled(along);
    return this.#store.read(() => this.#page(query));
  }

  #page(query: Query): Page<R> {
    const search = searchFor(query, this.#definition);
    if (search === undefined) return { records: [], nextCursor: null };
    const page = search.newPage();
    for (const row of this.#walk(search)) {
      if (!page.take(this.#record(row as unknown as Row))) break;
    }
    return page.build();
  }

  async walk(behind: string, limit: number) {
    const sql = `SELECT ${this.#read} FROM ${this.#name} WHERE id > ? ORDER BY id LIMIT ?`;
    const rows = this.#store.read(() => this.#store.sql(sql).all(behind, limit));
    return (rows as unknown as Row[]).map((row) => this.#record(row));
  }

  async due(index: string, upTo: number, limit: number) {
    const part = indexPart(index);
    if (!this.backfill.isFilled(part)) await this.backfill.filled(part);
    const column = this.backfill.columnOf(index);
    const sql = `SELECT ${this.#read} FROM ${this.#name} WHERE ${column} <= ? ORDER BY ${column} LIMIT ?`;
    const rows = this.#store.read(() => this.#store.sql(sql).all(upTo, limit)) as unknown as Row[];
    return rows.map((row) => this.#record(row));
  }

  /** Deletes some of the records whose `forgetAt` has come. */
  forget(now: number) {
    if (!this.#definition.forgetAt) return;
    const name = this.#name;
    this.#store
      .sql(
        `DELETE FROM ${name} WHERE rowid IN
         (SELECT rowid FROM ${name} WHERE forget_at <= ? LIMIT ${MAX_SCANNED})`,
      )
      .run(now);
    this.#cache.clear();
  }

  #selectWhere(condition: string) {
    return this.#store.sql(`SELECT ${this.#read} FROM ${this.#name} WHERE ${condition}`);
  }

  #one(select: StatementSync, parameter: string): R | undefined {
    const row = select.get(parameter) as unknown as Row | undefined;
    return row && this.#record(row);
  }

  #record({ body, version, written = null }: Row): R {
    const record = JSON.parse(body) as Stored;
    return version === undefined
      ? (record as R)
      : this.#upcast(record, definitionVersionOf(version, written));
  }

  #walk({ before, words, condition: where }: Search<R>) {
    const name = this.#name;
    if (words.length > 0) {
      const keys = this.#rarest(words);
      const along = `SELECT ${this.#read}, w.created AS at, w.id AS word_id
        FROM ${this.backfill.wordsTable} w JOIN ${name} t ON t.id = w.id
        WHERE word = ? AND (w.created, w.id) < (?, ?)`;
      const walk = `${keys.map(() => along).join(' UNION ALL ')} ORDER BY at DESC, word_id DESC`;
      return this.#store.sql(walk).iterate(...keys.flatMap((key) => [key, ...before]));
    }
    const condition = where ? `${this.backfill.columnOf(where[0])} = ? AND` : '';
    return this.#store
      .sql(
        `SELECT ${this.#read} FROM ${name} WHERE ${condition} (created, id) < (?, ?)
         ORDER BY created DESC, id DESC`,
      )
      .iterate(...(where ? [where[1]] : []), ...before);
  }

  #rarest(words: string[][]): string[] {
    if (words.length === 1) return words[0] as string[];
    const count = this.#store.sql(
      `SELECT count(*) AS n FROM
       (SELECT 1 FROM ${this.backfill.wordsTable} WHERE word IN (SELECT value FROM json_each(?)) LIMIT ${MAX_SCANNED})`,
    );
    return rarest(
      words,
      words.map((keys) => (count.get(JSON.stringify(keys)) as { n: number }).n),
    );
  }

  #remember(record: R) {
    this.#cache.set(record.id, record);
    this.#store.onUndone(() => this.#cache.delete(record.id));
  }

  #values(record: R): Value[] {
    const { id, version, createdAt } = record;
    const values = this.#columns.map(([, value]) => value(record));
    const written = writtenIn(version, this.#version);
    return [id, version, createdAt, JSON.stringify(record) + ROOM, written, ...values];
  }

  #prepareInsert(record: R) {
    const values = this.#values(record);
    return () => {
      this.#insert.run(...values);
      this.#remember(record);
    };
  }

  #prepareUpsert(record: R) {
    const values = this.#values(record);
    return () => {
      const { changes } = this.#upsert.run(...values);
      if (changes > 0) this.#remember(record);
    };
  }

  /** Writes only the columns that change, and so only their indexes. */
  #prepareReplace(current: R, next: R) {
    const values: Value[] = [
      next.version,
      JSON.stringify(next),
      writtenIn(next.version, this.#version),
    ];
    let changed = 0;
    for (const [bit, [, value]] of this.#columns.entries()) {
      const after = value(next);
      if (after === value(current)) continue;
      changed |= 1 << bit;
      values.push(after);
    }
    values.push(next.id, current.version);
    return () => {
      const { changes } = this.#update(changed).run(...values);
      if (changes === 0) throw new VersionConflict(`${this.#name} ${next.id} has changed`);
      this.#remember(next);
    };
  }

  #update(changed: number): StatementSync {
    const known = this.#updates.get(changed);
    if (known) return known;
    const columns = this.#columns.filter((_, bit) => changed & (1 << bit));
    const assigned = ['version', 'body', 'written', ...columns.map(([name]) => name)];
    const update = this.#store.sql(
      `UPDATE ${this.#name} SET ${assigned.map((name) => `${name} = ?`)}
       WHERE id = ? AND version = ?`,
    );
    this.#updates.set(changed, update);
    return update;
  }

  #prepareSideTables(current: R | undefined, next: R): SideChange[] {
    return this.#sideTables.flatMap((table) => table.prepareChange(current, next) ?? []);
  }

  #prepareEvents(events: AnyEvent[]) {
    const rows = events.map((event) => [event, rowOf(event)] as const);
    return () => {
      for (const [event, row] of rows) this.#store.append(event, row);
    };
  }
}
