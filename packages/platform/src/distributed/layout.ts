/** Where each part of a table's definition lies in a document, and how a document says which parts it has. */
import type { Stored, TableDefinition } from '@fairseat/common/ports';
import { wordsOf } from '@fairseat/common/search';
import type { Collection, Db, IndexDescription } from 'mongodb';
import {
  fingerprint,
  indexPart,
  keyPart,
  OLDER,
  type Parts,
  partsOf,
  REQUIRED,
  sourcesOf,
  versionOf,
  WORDS,
} from '../definition.ts';
import { wordKeysOf } from '../find.ts';
import { brief, isDuplicate, linearizable } from './mongodb.ts';

/** What the database says of a table's definitions: a document of the collection `definitions`. */
export interface Kept {
  _id: string;
  /** Whose values lie under a part's plain name: another definition's lie beside, under a name of their own. */
  owners: Parts;
  /** Keys that all records are known to have, each with its fingerprint. */
  ready: Parts;
  /** Parts that 0.1.0 kept, which writes no marks: its records have them all. */
  unmarked: string[];
  mark?: string;
}

const newest = { createdAt: -1, _id: -1 } as const;

/** How a replica that was there first, or 0.1.0, called the index of a part. */
const indexName = (part: string) => part.replace(' ', '_');

/** Asks what is kept, after noting what of this definition nobody has noted before. */
export async function register<R extends Stored>(
  database: Db,
  definition: TableDefinition<R>,
): Promise<Kept> {
  const definitions: Collection<Kept> = database.collection('definitions');
  const parts = placesOf(definition);
  const own = { _id: definition.name };
  for (;;) {
    const kept = await definitions.findOne(own, { ...linearizable, ...brief });
    if (!kept) {
      await definitions
        .insertOne(await firstKept(database, definition, parts), brief)
        .catch(unlessDuplicate);
      continue;
    }
    const missing = Object.keys(parts).filter((part) => kept.owners[part] === undefined);
    if (missing.length === 0) return kept;
    const fields = missing.map((part) => `owners.${part}`);
    const isMissing = Object.fromEntries(fields.map((field) => [field, { $exists: false }]));
    const added = missing.map((part) => [`owners.${part}`, parts[part]]);
    await definitions.updateOne(
      { ...own, ...isMissing },
      { $set: Object.fromEntries(added) },
      brief,
    );
  }
}

/** Of the replica that started last, for whoever asks how far it is; and that its keys are there from now on. */
export async function noteStarted<R extends Stored>(
  database: Db,
  { kept, mark, newKeys, parts }: Layout<R>,
) {
  if (mark === undefined || (kept.mark === mark && newKeys.length === 0)) return;
  const ready = newKeys.map((part) => [`ready.${part}`, parts[part]]);
  const definitions: Collection<Kept> = database.collection('definitions');
  const started = { mark, ...Object.fromEntries(ready) };
  await definitions.updateOne({ _id: kept._id }, { $set: started }, brief);
}

const unlessDuplicate = (error: unknown) => {
  if (!isDuplicate(error)) throw error;
};

async function firstKept<R extends Stored>(
  database: Db,
  definition: TableDefinition<R>,
  places: Parts,
): Promise<Kept> {
  const collection = database.collection(definition.name);
  const isEmpty = (await collection.findOne({}, { projection: { _id: 1 }, ...brief })) === null;
  const names = isEmpty ? [] : (await collection.indexes(brief)).map(({ name }) => name);
  const before = Object.keys(places).filter((part) => names.includes(indexName(part)));
  const isFirstVersion = versionOf(definition) === 1;
  const others = before.filter((part) => !part.startsWith(keyPart('')));
  // The words of 0.1.0 were whole.
  const isOlder = (part: string) => part === WORDS || !isFirstVersion;
  const older = others.filter(isOlder).map((part) => [part, OLDER]);
  const isReady = (part: string) => isEmpty || (isFirstVersion && before.includes(part));
  return {
    _id: definition.name,
    owners: { ...places, ...Object.fromEntries(older) },
    ready: Object.fromEntries(
      Object.entries(partsOf(definition)).filter(([part]) => isReady(part)),
    ),
    unmarked: isFirstVersion ? before : [],
  };
}

/**
 * What lies under one name is right for all who share it: keys of the same function, also in another version, since two
 * releases side by side must not let in the same value; of all else, only what follows from the same shape of records.
 */
function placesOf<R extends Stored>(definition: TableDefinition<R>): Parts {
  const sources = sourcesOf(definition);
  return Object.fromEntries(
    Object.entries(partsOf(definition)).map(([part, print]) => [
      part,
      part.startsWith(keyPart('')) ? (sources[part] as string) : print,
    ]),
  );
}

export class Layout<R extends Stored> {
  readonly parts: Parts;
  readonly kept: Kept;
  /** Set in documents that have all parts. Whoever knows of fewer takes it away with each write. */
  readonly mark: string | undefined;
  readonly #definition: TableDefinition<R>;
  readonly #places: Parts;

  constructor(definition: TableDefinition<R>, kept: Kept) {
    this.#definition = definition;
    this.kept = kept;
    this.parts = partsOf(definition);
    this.#places = placesOf(definition);
    const needsMark = Object.keys(this.parts).length > 0;
    const print = fingerprint(JSON.stringify(Object.entries(this.parts).toSorted()));
    this.mark = needsMark ? `indexes._has_${print}` : undefined;
  }

  keyField = (name: string) => `keys.${this.#place(keyPart(name), name)}`;
  indexField = (name: string) => `indexes.${this.#place(indexPart(name), name)}`;
  get wordsField() {
    return this.#place(WORDS, WORDS);
  }

  /** Every field of a document that this definition says, by its path. */
  values(record: R): Record<string, unknown> {
    const { unique = {}, uniqueEach = {}, indexes = {}, text, forgetAt } = this.#definition;
    const values: [string, unknown][] = [
      ...Object.entries(unique).map(pathAndValue(this.keyField, record)),
      ...Object.entries(uniqueEach).map(pathAndValue(this.keyField, record)),
      ...Object.entries(indexes).map(pathAndValue(this.indexField, record)),
    ];
    if (text) values.push([this.wordsField, wordKeysOf(this.#definition, record)]);
    if (forgetAt) values.push(['forgetAt', new Date(forgetAt(record))]);
    if (this.mark) values.push([this.mark, true]);
    return Object.fromEntries(values.filter(([, value]) => !isLeftOut(value)));
  }

  /** The same as a document holds them. Beside the record is the version it is written in, where that is not 1. */
  fields(record: R) {
    const nested = { keys: {}, indexes: {} } as Record<string, Record<string, unknown>>;
    const plain: Record<string, unknown> = {};
    for (const [path, value] of Object.entries({
      ...this.#forOlder(record),
      ...this.values(record),
    })) {
      const [group, name] = path.split('.') as [string, string | undefined];
      if (name === undefined) plain[group] = value;
      else Object.assign(nested[group] as object, { [name]: value });
    }
    const version = versionOf(this.#definition);
    if (version > 1) Object.assign(nested['indexes'] as object, { _version: version });
    const { version: recordVersion, createdAt } = record;
    return { version: recordVersion, createdAt, record, ...nested, ...plain };
  }

  /** Under the plain names, for replicas of 0.1.0: they cannot tell what they miss. */
  #forOlder(record: R): Record<string, unknown> {
    const { indexes = {}, text } = this.#definition;
    const isOlder = (part: string) =>
      this.kept.unmarked.includes(part) || this.kept.owners[part] === OLDER;
    const values: [string, unknown][] = Object.entries(indexes)
      .filter(([name]) => isOlder(indexPart(name)))
      .map(pathAndValue((name) => `indexes.${name}`, record));
    if (text && isOlder(WORDS)) values.push([WORDS, wordsOf(text(record) ?? '')]);
    return Object.fromEntries(values.filter(([, value]) => !isLeftOut(value)));
  }

  /** Each has a name of its own, so that what is there already is recognised. */
  indexes(): IndexDescription[] {
    const { unique = {}, uniqueEach = {}, indexes = {}, text, forgetAt } = this.#definition;
    const ifPresent = (field: string) => ({
      partialFilterExpression: { [field]: { $exists: true } },
    });
    return [
      // Even where nobody asks for pages: all records are gone through when a stream was lost.
      { name: 'newest', key: newest },
      { name: 'unsent', key: { unsent: 1 }, partialFilterExpression: { unsent: { $gt: 0 } } },
      ...Object.keys({ ...unique, ...uniqueEach }).map((name) => {
        const field = this.keyField(name);
        const key = { [field]: 1 } as const;
        return { name: field.replace('keys.', 'key_'), key, unique: true, ...ifPresent(field) };
      }),
      ...Object.keys(indexes).map((name) => {
        const field = this.indexField(name);
        const key = { [field]: 1, ...newest } as const;
        return { name: field.replace('indexes.', 'index_'), key, ...ifPresent(field) };
      }),
      ...(text
        ? [{ name: this.wordsField, key: { [this.wordsField]: 1, ...newest } as const }]
        : []),
      ...(forgetAt
        ? [{ name: 'forget_at', key: { forgetAt: 1 } as const, expireAfterSeconds: 0 }]
        : []),
      ...(this.mark ? [{ name: this.mark, key: { [this.mark]: 1 } as const }] : []),
    ];
  }

  /** Whether also 0.1.0, which takes away every mark, keeps this part. */
  isKeptByAll(part: string): boolean {
    return this.kept.unmarked.includes(part) && this.kept.owners[part] === this.#places[part];
  }

  /** Keys that records may lack, or hold twice. */
  get newKeys(): string[] {
    const { ready } = this.kept;
    return Object.keys(this.parts).filter(
      (part) =>
        (part === REQUIRED || part.startsWith(keyPart(''))) && ready[part] !== this.parts[part],
    );
  }

  #place(part: string, name: string) {
    const print = this.#places[part];
    return this.kept.owners[part] === print ? name : `${name}_${print}`;
  }
}

const pathAndValue =
  <R, V>(fieldOf: (name: string) => string, record: R) =>
  ([name, value]: [string, (record: R) => V]): [string, unknown] => [fieldOf(name), value(record)];

/** Two records without any value would collide in the index of a key that has several. */
const isLeftOut = (value: unknown) =>
  value === null || (Array.isArray(value) && value.length === 0);
