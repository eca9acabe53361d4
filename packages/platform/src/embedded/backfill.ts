/** Fills what is new in a table's definition for the records that are there. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock, Stored, TableDefinition } from '@fairseat/common/ports';
import { pause } from '../clock.ts';
import {
  halfFilled,
  indexPart,
  isNeededAtStart,
  OLDER,
  type Parts,
  partsOf,
  sourcesOf,
  untilFilled,
  versionOf,
  WORDS,
  whyUnfit,
} from '../definition.ts';
import {
  type Column,
  defineTable,
  definitionVersionOf,
  IS_FOREIGN,
  plainColumn,
  writtenIn,
} from './columns.ts';
import { defineDefinitions, keptState, keptText, type State } from './definitions.ts';
import { fillKeys, type Row, writtenAs } from './new-keys.ts';
import type { SideTable } from './side-table.ts';
import type { Store } from './store.ts';

/** How many records are filled in one write: others wait behind it. */
const STEP = 200;
const TRY_AGAIN_MS = 1000;
/** Not of the definition: rows of a Fairseat that has no such column. */
const WRITTEN = 'written';
/** Behind every id. */
const END = '~';

export interface BackfillOptions<R extends Stored> {
  store: Store;
  name: string;
  definition: TableDefinition<R>;
  read: (record: Stored, writtenAs: number) => R;
  clock: Clock;
  onError: (error: unknown) => void;
}

/**
 * Walks the table by id, some records in each write, and saves its place with them; writes meanwhile fill their own record.
 * Rows of a release that knows nothing of this show it, and then everything is looked at again.
 */
export class Backfill<R extends Stored> {
  readonly #sources: Parts;
  readonly #owners: Parts;
  readonly #options: BackfillOptions<R>;
  readonly #parts: Parts;
  readonly #pending: Set<string>;
  /** A line about what was left half filled, by whatever version, if it was. */
  halfFilled: string | undefined;
  #place = '';
  #done = 0;
  #about = 0;
  #columns: Column<R>[] = [];
  #sideTables: SideTable<R>[] = [];
  #running: Promise<void> | undefined;
  #stopped = false;
  /** Its writes are no part of what a query that waits for it is part of. */
  readonly #outside = AsyncLocalStorage.snapshot();

  constructor(options: BackfillOptions<R>) {
    const { store, name, definition } = options;
    this.#options = options;
    this.#parts = partsOf(definition);
    this.#sources = sourcesOf(definition);
    const columns = defineTable(store, name);
    defineDefinitions(store);
    const kept = keptState(store, name);
    const isEmpty = store.sql(`SELECT 1 FROM ${name} LIMIT 1`).get() === undefined;
    const place = kept && Object.keys(kept.filling).length > 0 ? kept.place : END;
    const isUnknown = !kept || !columns.includes('written') || this.#hasForeign(place);
    const isNew = ([part, print]: [string, string]) => isUnknown || kept.filled[part] !== print;
    const news = isEmpty ? [] : Object.entries(this.#parts).filter(isNew);
    this.#pending = new Set(news.map(([part]) => part));
    if (!isEmpty && (isUnknown || kept.filling[WRITTEN] !== undefined)) this.#pending.add(WRITTEN);
    const goesOn = kept && !isUnknown && isSame(kept.filling, this.#ofParts(this.#pending));
    if (goesOn) this.#place = kept.place;
    const older = !kept && !isEmpty ? this.#partsOfOlder(columns) : {};
    this.#owners = { ...this.#sources, ...older, ...(isEmpty ? {} : kept?.owners) };
  }

  /** The column of an index: beside that of another function with its name. */
  columnOf = (index: string) => this.#beside(plainColumn(index), indexPart(index));

  /** Beside those of another function too, among which 0.1.0 could not add its own. */
  get wordsTable() {
    return this.#beside(`${this.#options.name}_words`, WORDS);
  }

  #beside(plain: string, part: string) {
    const print = this.#sources[part];
    return this.#owners[part] === print ? plain : `${plain}_${print}`;
  }

  /** 0.1.0 did not say by which functions its columns were made; its words were whole. */
  #partsOfOlder(columns: string[]): Parts {
    const { definition } = this.#options;
    const indexes = versionOf(definition) > 1 ? Object.keys(definition.indexes ?? {}) : [];
    const had = indexes.filter((index) => columns.includes(plainColumn(index))).map(indexPart);
    return Object.fromEntries([...had, WORDS].map((part) => [part, OLDER]));
  }

  /** @throws StoreError when a key that is new is no key of the records that are there. */
  open(columns: Column<R>[], sideTables: SideTable<R>[]) {
    const isPending = ({ 2: part }: Column<R>) => this.#pending.has(part);
    this.#columns = columns.filter(isPending);
    this.#sideTables = sideTables.filter(({ part }) => this.#pending.has(part));
    this.#fillKeys();
    const { store, name } = this.#options;
    this.halfFilled = this.#whatWasHalfFilled();
    if (this.#pending.size > 0) {
      this.#about = this.#count('');
      this.#done = this.#about - this.#count(this.#place);
    }
    this.#dropOtherWords();
    if (this.#stateText() !== keptText(store, name)) {
      store.define(`INSERT OR REPLACE INTO definitions VALUES ('${name}', '${this.#stateText()}')`);
    }
  }

  #whatWasHalfFilled(): string | undefined {
    const { store, name: table } = this.#options;
    const { filling = {}, place = '' } = keptState(store, table) ?? {};
    const had = namesOf(filling);
    if (had === '' || place === '') return undefined;
    const about = this.#count('');
    const found = { table, done: about - this.#count(place), about };
    if (this.#place === place) return halfFilled(found, had, 'goes on behind them');
    const needed = namesOf(this.#ofParts(this.#pending));
    return halfFilled(
      found,
      had,
      needed ? `fills ${needed} from the first` : 'needs nothing of it',
    );
  }

  /** Those that nobody keeps any more; the plain ones may be wanted by 0.1.0. */
  #dropOtherWords() {
    const { store, name } = this.#options;
    const beside = store.sql('SELECT name FROM sqlite_schema WHERE type = ? AND name GLOB ?');
    for (const row of beside.all('table', `${name}_words_*`)) {
      const table = (row as { name: string }).name;
      if (table !== this.wordsTable) store.define(`DROP TABLE ${table}`);
    }
  }

  isFilled(part: string) {
    return !this.#pending.has(part);
  }

  /** @throws Unavailable when it takes long. */
  async filled(part: string) {
    await untilFilled(part, this.run(), this.#options.clock, {
      isFilled: () => this.isFilled(part),
      filling: this.#filling,
    });
  }

  #filling = () => ({ table: this.#options.name, done: this.#done, about: this.#about });

  /** Undefined when nothing is left to be filled. */
  get progress() {
    if (this.#pending.size === 0) return undefined;
    return this.#filling();
  }

  run(): Promise<void> {
    this.#running ??= this.#outside(() => this.#steps());
    return this.#running;
  }

  async stop() {
    this.#stopped = true;
    await this.#running;
  }

  crash() {
    this.#stopped = true;
  }

  async #steps() {
    const { store, clock, onError } = this.#options;
    while (this.#pending.size > 0 && !this.#stopped) {
      const rows: Row[] = [];
      try {
        await store.write(() => this.#step(rows));
      } catch (error) {
        if (this.#stopped) return;
        onError(error);
        await pause(clock, TRY_AGAIN_MS);
        continue;
      }
      this.#done += rows.length;
      this.#place = rows.at(-1)?.id ?? this.#place;
      if (rows.length < STEP) this.#pending.clear();
    }
  }

  #step(rows: Row[]) {
    const { store, name } = this.#options;
    rows.push(...this.#rows(this.#place));
    const assigned = ['written', ...this.#columns.map(([column]) => column)];
    const update = store.sql(
      `UPDATE ${name} SET ${assigned.map((column) => `${column} = ?`)} WHERE id = ?`,
    );
    for (const row of rows) {
      const record = this.#record(row);
      const written = writtenIn(row.version, definitionVersionOf(row.version, row.written));
      update.run(
        written,
        ...this.#columns.map(([, value]) => (record ? value(record) : null)),
        row.id,
      );
      if (record) for (const table of this.#sideTables) table.add(record);
    }
    const isOver = rows.length < STEP;
    const state = this.#stateText(isOver ? new Set() : this.#pending, rows.at(-1)?.id);
    store.sql('UPDATE definitions SET state = ? WHERE name = ?').run(state, name);
  }

  #fillKeys() {
    const { store, name, definition } = this.#options;
    const { newKeys, rest } = Object.groupBy(this.#pending, (part) =>
      isNeededAtStart(part) ? 'newKeys' : 'rest',
    );
    if (!newKeys) return;
    const isKey = ({ 2: part }: Column<R>) => newKeys.includes(part);
    const isList = ({ part }: SideTable<R>) => newKeys.includes(part);
    fillKeys(store, {
      name,
      columns: this.#columns.filter(isKey),
      lists: this.#sideTables.filter(isList),
      read: (row) => this.#record(row),
      check: (record, row) => whyUnfit(definition, record, writtenAs(row)),
    });
    this.#columns = this.#columns.filter((column) => !isKey(column));
    this.#sideTables = this.#sideTables.filter((table) => !isList(table));
    this.#pending.clear();
    for (const part of rest ?? []) this.#pending.add(part);
  }

  #rows(behind: string): Row[] {
    const { store, name } = this.#options;
    return store
      .sql(`SELECT id, version, written, body FROM ${name} WHERE id > ? ORDER BY id LIMIT ${STEP}`)
      .all(behind) as unknown as Row[];
  }

  #count(behind: string): number {
    const { store, name } = this.#options;
    const row = store.sql(`SELECT count(*) AS n FROM ${name} WHERE id > ?`).get(behind);
    return (row as { n: number }).n;
  }

  #hasForeign(upTo: string): boolean {
    const { store, name } = this.#options;
    const foreign = store.sql(`SELECT 1 FROM ${name} WHERE ${IS_FOREIGN} AND id <= ? LIMIT 1`);
    return foreign.get(upTo) !== undefined;
  }

  /** Undefined for one that is damaged: whoever asks for it hears of that. */
  #record(row: Row): R | undefined {
    try {
      return this.#options.read(JSON.parse(row.body), writtenAs(row));
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  #ofParts(names: Iterable<string>): Parts {
    return Object.fromEntries([...names].map((part) => [part, this.#parts[part] ?? '']));
  }

  #stateText(pending = this.#pending, place = this.#place) {
    const filled = Object.keys(this.#parts).filter((part) => !pending.has(part));
    const state: State = {
      filled: this.#ofParts(filled),
      filling: this.#ofParts(pending),
      place,
      owners: this.#owners,
    };
    return JSON.stringify(state);
  }
}

const isSame = (some: Parts, others: Parts) =>
  JSON.stringify(Object.entries(some).toSorted()) ===
  JSON.stringify(Object.entries(others).toSorted());

const namesOf = ({ [WRITTEN]: _, ...parts }: Parts) => Object.keys(parts).join(', ');
