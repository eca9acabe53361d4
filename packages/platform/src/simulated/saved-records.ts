import { DuplicateKey, StartError, VersionConflict } from '@fairseat/common/errors';
import type { Page, Query, Stored, TableDefinition } from '@fairseat/common/ports';
import { upcastTo, versionOf, whyUnfit } from '../definition.ts';
import { rarest, type Search, searchFor, wordKeysOf, wordSourceOf } from '../find.ts';
import { Index, type Value } from './sorted.ts';

const ALL = '';

/** A record as it was written, and in which version. */
interface Copied<R> {
  record: R;
  writtenAs: number;
}

/**
 * The records of one table as its engine has saved them, as one definition sees them. All or nothing of each change is
 * done, at once: also in the keys and indexes of the other definitions that processes have of the table.
 */
export class SavedRecords<R extends Stored> {
  readonly name: string;
  /** As they were written. */
  readonly all: Map<string, R>;
  readonly definition: TableDefinition<R>;
  readonly #writtenAs: Map<string, number>;
  readonly #views: SavedRecords<R>[];
  readonly #upcast: (record: Stored, writtenAs: number) => R;
  readonly #unique: [values: (record: R) => string[], ids: Map<string, string>, key: string][];
  readonly #indexes: [value: (record: R) => Value | null, index: Index][];
  readonly #indexOf = new Map<string, Index>();
  readonly #newest = new Index();
  readonly #words = new Index();

  /** @throws StartError when the records that another definition has saved do not fit this one. */
  constructor(name: string, definition: TableDefinition<R>, other?: SavedRecords<R>) {
    this.name = name;
    this.definition = definition;
    this.all = other?.all ?? new Map();
    this.#writtenAs = other ? other.#writtenAs : new Map();
    this.#views = other ? other.#views : [];
    this.#upcast = upcastTo(definition);
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
    for (const id of this.all.keys()) this.#take(this.get(id) as R);
    this.#views.push(this);
  }

  get(id: string): R | undefined {
    const record = this.all.get(id);
    return record && this.#upcast(record, this.#writtenAs.get(id) ?? 1);
  }

  getByKey(key: string, value: string): R | undefined {
    const id = this.#unique.find(([, , name]) => name === key)?.[1].get(value);
    return id === undefined ? undefined : this.get(id);
  }

  insert(record: R) {
    if (this.all.has(record.id)) throw new DuplicateKey(`${this.name} has ${record.id} already`);
    this.#put(undefined, record);
  }

  /** Returns the record before. */
  replace(version: number, next: R): R {
    const before = this.all.get(next.id);
    if (before?.version !== version)
      throw new VersionConflict(`${this.name} ${next.id} has changed`);
    this.#put(before, next);
    return before;
  }

  /** Returns true when it was newer, and so is saved. */
  keepNewest(record: R): boolean {
    const before = this.all.get(record.id);
    if (before && before.version >= record.version) return false;
    this.#put(before, record);
    return true;
  }

  forget(record: R) {
    for (const view of this.#views) view.#reindex(view.get(record.id), undefined);
    this.all.delete(record.id);
    this.#writtenAs.delete(record.id);
  }

  copy(): Copied<R>[] {
    return [...this.all].map(([id, record]) => ({
      record,
      writtenAs: this.#writtenAs.get(id) ?? 1,
    }));
  }

  /** Has these in place of all others. */
  putBack(copies: Copied<R>[]) {
    for (const record of [...this.all.values()]) this.forget(record);
    for (const { record, writtenAs } of copies) {
      this.all.set(record.id, record);
      this.#writtenAs.set(record.id, writtenAs);
      for (const view of this.#views) view.#reindex(undefined, view.get(record.id));
    }
  }

  /** @throws Problem (400) when the cursor is malformed. */
  find(query: Query): Page<R> {
    const search = searchFor(query, this.definition);
    if (search === undefined) return { records: [], nextCursor: null };
    const page = search.newPage();
    for (const id of this.#walk(search)) if (!page.take(this.get(id) as R)) break;
    return page.build();
  }

  walk(behind: string, limit: number): R[] {
    const ids = [...this.all.keys()].filter((id) => id > behind).toSorted();
    return ids.slice(0, limit).map((id) => this.get(id) as R);
  }

  due(index: string, upTo: number, limit: number): R[] {
    const ids = this.#indexOf.get(index)?.upTo(upTo, limit) ?? [];
    return ids.map((id) => this.get(id) as R);
  }

  #walk({ before: [created, id], words, condition }: Search<R>) {
    if (words.length > 0) {
      const countOf = (key: string) => this.#words.count(key);
      const counts = words.map((keys) => keys.map(countOf).reduce((sum, count) => sum + count));
      return this.#words.newest(rarest(words, counts), created, id);
    }
    if (condition === undefined) return this.#newest.newest([ALL], created, id);
    const [name, value] = condition;
    return (this.#indexOf.get(name) as Index).newest([value], created, id);
  }

  #put(before: R | undefined, next: R) {
    for (const [values, ids, key] of this.#unique) {
      const isTaken = values(next).some((value) => (ids.get(value) ?? next.id) !== next.id);
      if (isTaken) throw new DuplicateKey(`${this.name} has that ${key} already`);
    }
    const version = versionOf(this.definition);
    for (const view of this.#views) {
      view.#reindex(before && view.get(next.id), view.#upcast(next, version));
    }
    this.all.set(next.id, next);
    this.#writtenAs.set(next.id, version);
  }

  /** Of a record that was there before this definition. */
  #take(record: R) {
    const { id } = record;
    const reason = whyUnfit(this.definition, record, this.#writtenAs.get(id) ?? 1);
    if (reason) throw new StartError(`Record ${id} of ${this.name} ${reason}.`);
    for (const [values, ids, key] of this.#unique) {
      const other = values(record).map((value) => ids.get(value));
      if (!other.some(Boolean)) continue;
      throw new StartError(
        `The unique key ${key} of ${this.name} is new, and the records ${other.find(Boolean)} and ${id} have the same value of it.`,
      );
    }
    this.#reindex(undefined, record);
  }

  #reindex(before: R | undefined, next: R | undefined) {
    for (const [values, ids] of this.#unique) {
      for (const value of before ? values(before) : []) {
        if (ids.get(value) === before?.id) ids.delete(value);
      }
      // One that another definition let in twice stays with whoever had it.
      for (const value of next ? values(next) : []) {
        if (!ids.has(value)) ids.set(value, (next as R).id);
      }
    }
    for (const [value, index] of this.#indexes) {
      const [old, now] = [before ? value(before) : null, next ? value(next) : null];
      if (old === now) continue;
      if (before && old !== null) index.drop(old, before);
      if (next && now !== null) index.add(now, next);
    }
    this.#putWords(before, next);
    if (next && !before) this.#newest.add(ALL, next);
    if (before && !next) this.#newest.drop(ALL, before);
  }

  #putWords(before: R | undefined, next: R | undefined) {
    const { text } = this.definition;
    const sourceOf = (record: R) => wordSourceOf(this.definition, record);
    if (!text || (before && next && sourceOf(before) === sourceOf(next))) return;
    const keysOf = (record: R) => wordKeysOf(this.definition, record);
    if (before) for (const key of keysOf(before)) this.#words.drop(key, before);
    if (next) for (const key of keysOf(next)) this.#words.add(key, next);
  }
}
