import { DuplicateKey, VersionConflict } from '@fairseat/common/errors';
import type { Page, Query, Stored, TableDefinition } from '@fairseat/common/ports';
import { wordsOf } from '@fairseat/common/search';
import { END } from '../cursor.ts';
import { rarest, type Search, searchFor } from '../find.ts';

type Value = string | number;

interface Row {
  value: Value;
  created: string;
  id: string;
}

/** Rows in the order of their value, then oldest first. */
class Index {
  readonly #rows: Row[] = [];

  add(value: Value, { createdAt: created, id }: Stored) {
    this.#rows.splice(this.#from(value, created, id), 0, { value, created, id });
  }

  drop(value: Value, { createdAt, id }: Stored) {
    this.#rows.splice(this.#from(value, createdAt, id), 1);
  }

  /** The ids of all with this value that are older than that, newest first. */
  *newest(value: Value, created: string, id: string) {
    for (let at = this.#from(value, created, id) - 1; at >= 0; at--) {
      const row = this.#rows[at] as Row;
      if (row.value !== value) return;
      yield row.id;
    }
  }

  upTo(value: Value, limit: number): string[] {
    const ids: string[] = [];
    for (const row of this.#rows) {
      if (row.value > value || ids.length === limit) break;
      ids.push(row.id);
    }
    return ids;
  }

  count(value: Value): number {
    return this.#from(value, END[0], END[1]) - this.#from(value, '', '');
  }

  /** The place of the first row that does not come before this one. */
  #from(value: Value, created: string, id: string): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = this.#rows[middle] as Row;
      const isBefore =
        row.value !== value
          ? row.value < value
          : row.created !== created
            ? row.created < created
            : row.id < id;
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const ALL = '';

/** The records of one table as its engine has saved them. All or nothing of each change is done, at once. */
export class SavedRecords<R extends Stored> {
  readonly name: string;
  readonly all = new Map<string, R>();
  readonly definition: TableDefinition<R>;
  readonly #unique: [values: (record: R) => string[], ids: Map<string, string>, key: string][];
  readonly #indexes: [value: (record: R) => Value | null, index: Index][];
  readonly #indexOf = new Map<string, Index>();
  readonly #newest = new Index();
  readonly #words = new Index();

  constructor(name: string, definition: TableDefinition<R>) {
    this.name = name;
    this.definition = definition;
    const one = Object.entries(definition.unique ?? {}).map(
      ([key, value]) =>
        [key, (record: R) => [value(record)].filter((each) => each !== null)] as const,
    );
    const several = Object.entries(definition.uniqueEach ?? {});
    this.#unique = [...one, ...several].map(([key, values]) => [values, new Map(), key]);
    this.#indexes = Object.entries(definition.indexes ?? {}).map(([name, value]) => {
      const index = new Index();
      this.#indexOf.set(name, index);
      return [value, index];
    });
  }

  getByKey(key: string, value: string): R | undefined {
    const id = this.#unique.find(([, , name]) => name === key)?.[1].get(value);
    return id === undefined ? undefined : this.all.get(id);
  }

  insert(record: R) {
    if (this.all.has(record.id)) throw new DuplicateKey(`${this.name} has ${record.id} already`);
    this.#put(undefined, record);
  }

  /** Answers what was saved before. */
  replace(version: number, next: R): R {
    const before = this.all.get(next.id);
    if (before?.version !== version)
      throw new VersionConflict(`${this.name} ${next.id} has changed`);
    this.#put(before, next);
    return before;
  }

  /** Answers whether it was newer. */
  keepNewest(record: R): boolean {
    const before = this.all.get(record.id);
    if (before && before.version >= record.version) return false;
    this.#put(before, record);
    return true;
  }

  forget(record: R) {
    for (const [values, ids] of this.#unique) {
      for (const taken of values(record)) ids.delete(taken);
    }
    for (const [value, index] of this.#indexes) {
      const indexed = value(record);
      if (indexed !== null) index.drop(indexed, record);
    }
    for (const word of this.#wordsOf(record)) this.#words.drop(word, record);
    this.#newest.drop(ALL, record);
    this.all.delete(record.id);
  }

  /** @throws Problem (400) when the cursor is malformed. */
  find(query: Query): Page<R> {
    const search = searchFor(query, this.definition);
    if (search === undefined) return { records: [], nextCursor: null };
    const page = search.newPage();
    for (const id of this.#walk(search)) if (!page.take(this.all.get(id) as R)) break;
    return page.build();
  }

  walk(behind: string, limit: number): R[] {
    const records = [...this.all.values()].filter(({ id }) => id > behind);
    return records.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  }

  due(index: string, upTo: number, limit: number): R[] {
    const ids = this.#indexOf.get(index)?.upTo(upTo, limit) ?? [];
    return ids.map((id) => this.all.get(id) as R);
  }

  #walk({ before: [created, id], words, condition }: Search<R>) {
    if (words.length > 0) {
      const counts = words.map((word) => this.#words.count(word));
      return this.#words.newest(rarest(words, counts), created, id);
    }
    if (condition === undefined) return this.#newest.newest(ALL, created, id);
    const [name, value] = condition;
    return (this.#indexOf.get(name) as Index).newest(value, created, id);
  }

  #put(before: R | undefined, next: R) {
    for (const [values, ids, key] of this.#unique) {
      const isTaken = values(next).some((value) => (ids.get(value) ?? next.id) !== next.id);
      if (isTaken) throw new DuplicateKey(`${this.name} has that ${key} already`);
    }
    for (const [values, ids] of this.#unique) {
      for (const value of before ? values(before) : []) ids.delete(value);
      for (const value of values(next)) ids.set(value, next.id);
    }
    for (const [value, index] of this.#indexes) {
      const [old, now] = [before ? value(before) : null, value(next)];
      if (old === now) continue;
      if (before && old !== null) index.drop(old, before);
      if (now !== null) index.add(now, next);
    }
    this.#putWords(before, next);
    if (!before) this.#newest.add(ALL, next);
    this.all.set(next.id, next);
  }

  #putWords(before: R | undefined, next: R) {
    const { text } = this.definition;
    if (!text || (before && text(before) === text(next))) return;
    if (before) for (const word of this.#wordsOf(before)) this.#words.drop(word, before);
    for (const word of this.#wordsOf(next)) this.#words.add(word, next);
  }

  #wordsOf(record: R) {
    return wordsOf(this.definition.text?.(record) ?? '');
  }
}
