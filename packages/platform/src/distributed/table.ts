import { randomBytes } from 'node:crypto';
import { DuplicateKey, VersionConflict } from '@fairseat/common/errors';
import type { AnyEvent } from '@fairseat/common/events';
import type { Page, Query, Stored, Table, TableDefinition } from '@fairseat/common/ports';
import { wordsOf } from '@fairseat/common/search';
import type { AnyBulkWriteOperation, Collection, Filter, IndexDescription } from 'mongodb';
import { MAX_SCANNED, rarest, searchFor } from '../find.ts';
import { onceDone } from './engine.ts';
import { isDuplicate, type Mongo } from './mongodb.ts';
import type { Outbox, Relay, Sent, Unsent } from './relay.ts';

/** A record as MongoDB keeps it. */
interface Saved<R> {
  _id: string;
  version: number;
  createdAt: string;
  record: R;
  /** Values of unique keys and of indexes; those that leave the record out are absent. */
  keys: Record<string, string | string[]>;
  indexes: Record<string, string | number>;
  words?: string[];
  forgetAt?: Date;
  /** The last writes, so that one whose answer was lost is recognised. */
  writes?: string[];
  /** Events on their way out, and how many: the relay takes them from here once they are published. */
  outbox?: AnyEvent[];
  unsent?: number;
}

const MAX_WRITES = 8;
const MAX_UPSERTS = 8;
const BATCH = 200;
const newest = { createdAt: -1, _id: -1 } as const;
const recordOnly = { projection: { record: 1 } } as const;

/** Records of one kind in one collection: a document each, with the events that leave in the same document. */
export class MongoTable<R extends Stored> implements Table<R>, Outbox {
  readonly #mongo: Mongo;
  readonly #definition: TableDefinition<R>;
  readonly #relay: Relay;
  readonly #service: string;

  constructor(mongo: Mongo, service: string, definition: TableDefinition<R>, relay: Relay) {
    this.#mongo = mongo;
    this.#definition = definition;
    this.#relay = relay;
    this.#service = service;
  }

  get #collection(): Collection<Saved<R>> {
    return this.#mongo.database(this.#service).collection(this.#definition.name);
  }

  /** Makes the indexes that are not there yet. */
  readonly prepare = onceDone(() =>
    this.#mongo.run(() => this.#collection.createIndexes(indexesOf(this.#definition))),
  );

  get(id: string) {
    return this.#one({ _id: id } as Filter<Saved<R>>);
  }

  getByKey(key: string, value: string) {
    return this.#one({ [`keys.${key}`]: value } as Filter<Saved<R>>);
  }

  async insert(record: R, events: AnyEvent[] = []) {
    const write = newWrite();
    const saved = { _id: record.id, ...this.#fields(record), writes: [write] } as Saved<R>;
    if (events.length > 0) Object.assign(saved, { outbox: events, unsent: events.length });
    await this.#run(async (attempt) => {
      try {
        await this.#collection.insertOne(saved as never);
      } catch (error) {
        if (!isDuplicate(error) || !(await this.#isMine(attempt, record.id, write))) throw error;
      }
    });
    this.#relay.tell(this, record.id, events);
  }

  async replace(current: R, next: R, events: AnyEvent[] = []) {
    const write = newWrite();
    const change = {
      ...this.#change(next),
      $push: {
        writes: { $each: [write], $slice: -MAX_WRITES },
        ...(events.length > 0 && { outbox: { $each: events } }),
      },
      ...(events.length > 0 && { $inc: { unsent: events.length } }),
    };
    await this.#run(async (attempt) => {
      const isCurrent = { _id: next.id, version: current.version } as Filter<Saved<R>>;
      const { matchedCount } = await this.#collection.updateOne(isCurrent, change as never);
      if (matchedCount === 0 && !(await this.#isMine(attempt, next.id, write))) {
        throw new VersionConflict(`${this.#definition.name} ${next.id} has changed`);
      }
    });
    this.#relay.tell(this, next.id, events);
  }

  async keepNewest(record: R) {
    const isOlder = { _id: record.id, version: { $lt: record.version } } as Filter<Saved<R>>;
    const atLeastThis = { _id: record.id, version: { $gte: record.version } } as Filter<Saved<R>>;
    const change = this.#change(record) as never;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#run(() => this.#collection.updateOne(isOlder, change, { upsert: true }));
        return;
      } catch (error) {
        if (!(error instanceof DuplicateKey) || attempt === MAX_UPSERTS) throw error;
        // Nothing older is here: something newer, or another's insert that came first.
        if (await this.#one(atLeastThis)) return;
      }
    }
  }

  async find(query: Query): Promise<Page<R>> {
    const search = searchFor(query, this.#definition);
    if (search === undefined) return { records: [], nextCursor: null };
    const { words, condition, isExact } = search;
    const [createdAt, id] = search.before;
    const narrow = words.length > 0 ? { words: await this.#rarest(words) } : byIndex(condition);
    const behind = {
      createdAt: { $lte: createdAt },
      $or: [{ createdAt: { $lt: createdAt } }, { _id: { $lt: id } }],
    };
    return this.#run(async () => {
      const cursor = this.#collection.find({ ...narrow, ...behind } as Filter<Saved<R>>, {
        ...recordOnly,
        sort: newest,
        limit: (isExact ? query.limit : MAX_SCANNED) + 1,
        batchSize: isExact ? query.limit + 1 : BATCH,
      });
      const page = search.newPage();
      for await (const { record } of cursor) if (!page.take(record as R)) break;
      return page.build();
    });
  }

  walk(behind: string, limit: number): Promise<R[]> {
    const isBehind = { _id: { $gt: behind } } as Filter<Saved<R>>;
    return this.#run(async () => {
      const saved = await this.#collection
        .find(isBehind, { ...recordOnly, sort: { _id: 1 }, limit })
        .toArray();
      return saved.map(({ record }) => record as R);
    });
  }

  due(index: string, upTo: number, limit: number): Promise<R[]> {
    const field = `indexes.${index}`;
    // Not every server sees by itself that what is at most something exists, and so is in the partial index.
    const isDue = { [field]: { $exists: true, $lte: upTo } } as Filter<Saved<R>>;
    return this.#run(async () => {
      const saved = await this.#collection
        .find(isDue, {
          ...recordOnly,
          sort: { [field]: 1 },
          limit,
        })
        .toArray();
      return saved.map(({ record }) => record as R);
    });
  }

  /** What has been saved and not yet sent, in no order. */
  unsent(limit: number): Promise<Unsent[]> {
    return this.#run(async () => {
      const saved = await this.#collection
        .find({ unsent: { $gt: 0 } } as Filter<Saved<R>>, { projection: { outbox: 1 }, limit })
        .toArray();
      return saved.map(({ _id, outbox }) => ({ recordId: String(_id), events: outbox ?? [] }));
    });
  }

  /** Not awaited from the disk: what comes back after a crash is sent once more, under the same id. */
  async clear(sent: Sent[]) {
    const takeOut = sent.map(({ recordId, eventId }) => ({
      updateOne: {
        filter: { _id: recordId, 'outbox.id': eventId },
        update: { $pull: { outbox: { id: eventId } }, $inc: { unsent: -1 } },
      },
    }));
    const options = { ordered: false, writeConcern: { w: 1, journal: false } };
    await this.#run(() =>
      this.#collection.bulkWrite(takeOut as unknown as AnyBulkWriteOperation<Saved<R>>[], options),
    );
  }

  #one(filter: Filter<Saved<R>>): Promise<R | undefined> {
    return this.#run(async () => (await this.#collection.findOne(filter, recordOnly))?.record as R);
  }

  async #run<T>(work: (attempt: number) => Promise<T>): Promise<T> {
    await this.prepare();
    return this.#mongo.run(work);
  }

  /** Whether what stands in the way is this very write, saved by an attempt whose answer was lost. */
  async #isMine(attempt: number, id: string, write: string): Promise<boolean> {
    if (attempt === 1) return false;
    const found = { _id: id, writes: write } as Filter<Saved<R>>;
    return (await this.#collection.findOne(found, { projection: { _id: 1 } })) !== null;
  }

  #fields(record: R) {
    const { unique = {}, uniqueEach = {}, indexes = {}, text, forgetAt } = this.#definition;
    return {
      version: record.version,
      createdAt: record.createdAt,
      record,
      keys: { ...valuesOf(unique, record), ...listsOf(uniqueEach, record) },
      indexes: valuesOf(indexes, record),
      ...(text && { words: wordsOf(text(record) ?? '') }),
      ...(forgetAt && { forgetAt: new Date(forgetAt(record)) }),
    };
  }

  #change(record: R) {
    return { $set: this.#fields(record) };
  }

  async #rarest(words: string[]): Promise<string> {
    if (words.length === 1) return words[0] as string;
    const counts = await this.#run(() =>
      Promise.all(
        words.map((word) => {
          const found = { words: word } as unknown as Filter<Saved<R>>;
          return this.#collection.countDocuments(found, { limit: MAX_SCANNED });
        }),
      ),
    );
    return rarest(words, counts);
  }
}

const newWrite = () => randomBytes(9).toString('base64url');

const byIndex = (condition: [string, string] | undefined) =>
  condition ? { [`indexes.${condition[0]}`]: condition[1] } : {};

function valuesOf<R, V>(functions: Record<string, (record: R) => V | null>, record: R) {
  const values = Object.entries(functions).map(([name, value]) => [name, value(record)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== null)) as Record<string, V>;
}

/** A record without any value is left out, since two of those would collide in the index. */
function listsOf<R>(functions: Record<string, (record: R) => string[]>, record: R) {
  const lists = Object.entries(functions).map(([name, values]) => [name, values(record)] as const);
  return Object.fromEntries(lists.filter(([, values]) => values.length > 0));
}

/** Each has a name of its own, so that what is there already is recognised. */
function indexesOf<R extends Stored>(definition: TableDefinition<R>): IndexDescription[] {
  const { unique = {}, uniqueEach = {}, indexes = {}, listed, text, forgetAt } = definition;
  const ifPresent = (field: string) => ({
    partialFilterExpression: { [field]: { $exists: true } },
  });
  return [
    ...(listed ? [{ name: 'newest', key: newest }] : []),
    { name: 'unsent', key: { unsent: 1 }, partialFilterExpression: { unsent: { $gt: 0 } } },
    ...Object.keys({ ...unique, ...uniqueEach }).map((name) => {
      const field = `keys.${name}`;
      return { name: `key_${name}`, key: { [field]: 1 }, unique: true, ...ifPresent(field) };
    }),
    ...Object.keys(indexes).map((name) => {
      const field = `indexes.${name}`;
      return { name: `index_${name}`, key: { [field]: 1, ...newest }, ...ifPresent(field) };
    }),
    ...(text ? [{ name: 'words', key: { words: 1, ...newest } as const }] : []),
    ...(forgetAt
      ? [{ name: 'forget_at', key: { forgetAt: 1 } as const, expireAfterSeconds: 0 }]
      : []),
  ];
}
