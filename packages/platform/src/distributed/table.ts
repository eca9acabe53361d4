import { randomBytes } from 'node:crypto';
import { DuplicateKey, VersionConflict } from '@fairseat/common/errors';
import type { AnyEvent } from '@fairseat/common/events';
import type { Clock, Page, Query, Stored, Table, TableDefinition } from '@fairseat/common/ports';
import type { AnyBulkWriteOperation, Collection, Filter } from 'mongodb';
import { indexPart, keyPart, upcastTo, versionOf, WORDS } from '../definition.ts';
import { MAX_SCANNED, rarest, searchFor } from '../find.ts';
import { Backfill } from './backfill.ts';
import { onceDone } from './engine.ts';
import { Layout, noteStarted, register } from './layout.ts';
import { brief, isDuplicate, linearizable, type Mongo, patient } from './mongodb.ts';
import type { Outbox, Relay, Sent, Unsent } from './relay.ts';

/** A record as MongoDB stores it. */
interface Saved<R> {
  _id: string;
  version: number;
  createdAt: string;
  record: R;
  /** Values of unique keys and of indexes, see `Layout`. */
  keys: Record<string, string | string[]>;
  indexes: Record<string, string | number | boolean> & { _version?: number };
  /** The last writes, so that one whose answer was lost is recognised. */
  writes?: string[];
  /** Events to publish, and their number. The relay removes them once they are published. */
  outbox?: AnyEvent[];
  unsent?: number;
}

const MAX_WRITES = 8;
const MAX_UPSERTS = 8;
const BATCH = 200;
const newest = { createdAt: -1, _id: -1 } as const;
/** Of which version a record is matters only where there is more than one. */
const recordOnly = { record: 1 } as const;
const recordAndVersion = { ...recordOnly, 'indexes._version': 1 } as const;

interface MongoTableOptions {
  clock: Clock;
  onError: (error: unknown) => void;
}

/** Records of one kind in one collection: one document each, which also holds the record's unsent events. */
export class MongoTable<R extends Stored> implements Table<R>, Outbox {
  readonly #mongo: Mongo;
  readonly #definition: TableDefinition<R>;
  readonly #relay: Relay;
  readonly #service: string;
  readonly #options: { projection: object; maxTimeMS: number };
  readonly #upcast: (record: Stored, writtenAs: number) => R;
  #layout: Layout<R> | undefined;
  readonly backfill: Backfill<R>;

  constructor(
    mongo: Mongo,
    service: string,
    definition: TableDefinition<R>,
    relay: Relay,
    options: MongoTableOptions,
  ) {
    this.#mongo = mongo;
    this.#definition = definition;
    this.#relay = relay;
    this.#service = service;
    const projection = versionOf(definition) > 1 ? recordAndVersion : recordOnly;
    this.#options = { projection, ...brief };
    this.#upcast = upcastTo(definition);
    this.backfill = new Backfill({
      ...options,
      name: `${service}_${definition.name}`,
      mongo,
      collection: () => this.#collection as never,
      definition,
      layout: () => this.#layout as Layout<R>,
      read: this.#upcast,
    });
  }

  get #collection(): Collection<Saved<R>> {
    return this.#mongo.database(this.#service).collection(this.#definition.name);
  }

  /** Makes the indexes that are not there yet. @throws EngineError when the records that are there do not fit them. */
  readonly prepare = onceDone(async () => {
    const database = () => this.#mongo.database(this.#service);
    const kept = await this.#mongo.run(() => register(database(), this.#definition));
    const layout = new Layout(this.#definition, kept);
    this.#layout = layout;
    const indexes = layout.indexes();
    await this.#mongo.run(() => this.#collection.createIndexes(indexes, { ...patient }), patient);
    if (layout.newKeys.length > 0) await this.backfill.fillAtStart();
    await this.#mongo.run(() => noteStarted(database(), layout));
    return layout;
  });

  get(id: string, { latest = false } = {}) {
    const options = latest ? linearizable : {};
    return this.#run(() => this.#one({ _id: id } as Filter<Saved<R>>, options));
  }

  getByKey(key: string, value: string) {
    return this.#ask(keyPart(key), (layout) =>
      this.#one({ [layout.keyField(key)]: value } as Filter<Saved<R>>),
    );
  }

  async insert(record: R, events: AnyEvent[] = []) {
    const write = newWrite();
    const layout = await this.prepare();
    const saved = { _id: record.id, ...layout.fields(record), writes: [write] };
    if (events.length > 0) Object.assign(saved, { outbox: events, unsent: events.length });
    await this.#run(async (attempt) => {
      try {
        await this.#collection.insertOne(saved as never, brief);
      } catch (error) {
        if (!isDuplicate(error) || !(await this.#isMine(attempt, record.id, write))) throw error;
      }
    });
    this.#relay.tell(this, record.id, events);
  }

  async replace(current: R, next: R, events: AnyEvent[] = []) {
    const write = newWrite();
    const change = {
      $set: (await this.prepare()).fields(next),
      $push: {
        writes: { $each: [write], $slice: -MAX_WRITES },
        ...(events.length > 0 && { outbox: { $each: events } }),
      },
      ...(events.length > 0 && { $inc: { unsent: events.length } }),
    };
    await this.#run(async (attempt) => {
      const isCurrent = { _id: next.id, version: current.version } as Filter<Saved<R>>;
      const { matchedCount } = await this.#collection.updateOne(isCurrent, change as never, brief);
      if (matchedCount === 0 && !(await this.#isMine(attempt, next.id, write))) {
        throw new VersionConflict(`${this.#definition.name} ${next.id} has changed`);
      }
    });
    this.#relay.tell(this, next.id, events);
  }

  async keepNewest(record: R) {
    const isOlder = { _id: record.id, version: { $lt: record.version } } as Filter<Saved<R>>;
    const atLeastThis = { _id: record.id, version: { $gte: record.version } } as Filter<Saved<R>>;
    const change = { $set: (await this.prepare()).fields(record) } as never;
    const options = { upsert: true, ...brief };
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#run(() => this.#collection.updateOne(isOlder, change, options));
        return;
      } catch (error) {
        if (!(error instanceof DuplicateKey) || attempt === MAX_UPSERTS) throw error;
        // Nothing older is here: something newer, or another's insert that came first.
        if (await this.#run(() => this.#one(atLeastThis, linearizable))) return;
      }
    }
  }

  async find(query: Query): Promise<Page<R>> {
    const search = searchFor(query, this.#definition);
    if (search === undefined) return { records: [], nextCursor: null };
    const { words, condition, isExact } = search;
    const [createdAt, id] = search.before;
    const behind = {
      createdAt: { $lte: createdAt },
      $or: [{ createdAt: { $lt: createdAt } }, { _id: { $lt: id } }],
    };
    const part = words.length > 0 ? WORDS : condition && indexPart(condition[0]);
    return this.#ask(part, async (layout) => {
      const narrow = {
        ...(words.length > 0
          ? { [layout.wordsField]: { $in: await this.#rarest(layout, words) } }
          : condition && { [layout.indexField(condition[0])]: condition[1] }),
      };
      const cursor = this.#collection.find({ ...narrow, ...behind } as Filter<Saved<R>>, {
        ...this.#options,
        sort: newest,
        limit: (isExact ? query.limit : MAX_SCANNED) + 1,
        batchSize: isExact ? query.limit + 1 : BATCH,
      });
      const page = search.newPage();
      for await (const saved of cursor) if (!page.take(this.#read(saved as Saved<R>))) break;
      return page.build();
    });
  }

  walk(behind: string, limit: number): Promise<R[]> {
    const isBehind = { _id: { $gt: behind } } as Filter<Saved<R>>;
    return this.#run(async () => {
      const saved = await this.#collection
        .find(isBehind, { ...this.#options, sort: { _id: 1 }, limit })
        .toArray();
      return saved.map((each) => this.#read(each as Saved<R>));
    });
  }

  due(index: string, upTo: number, limit: number): Promise<R[]> {
    return this.#ask(indexPart(index), async (layout) => {
      const field = layout.indexField(index);
      // Not every server sees by itself that what is at most something exists, and so is in the partial index.
      const isDue = { [field]: { $exists: true, $lte: upTo } } as Filter<Saved<R>>;
      const saved = await this.#collection
        .find(isDue, { ...this.#options, sort: { [field]: 1 }, limit })
        .toArray();
      return saved.map((each) => this.#read(each as Saved<R>));
    });
  }

  /** Events that are saved and not yet published, in no order. */
  unsent(limit: number): Promise<Unsent[]> {
    return this.#run(async () => {
      const saved = await this.#collection
        .find({ unsent: { $gt: 0 } } as Filter<Saved<R>>, {
          projection: { outbox: 1 },
          limit,
          ...brief,
        })
        .toArray();
      return saved.map(({ _id, outbox }) => ({ recordId: String(_id), events: outbox ?? [] }));
    });
  }

  /** Does not wait for the disk: an event that is back after a crash is published again, under the same id. */
  async clear(sent: Sent[]) {
    const takeOut = sent.map(({ recordId, eventId }) => ({
      updateOne: {
        filter: { _id: recordId, 'outbox.id': eventId },
        update: { $pull: { outbox: { id: eventId } }, $inc: { unsent: -1 } },
      },
    }));
    const options = { ordered: false, writeConcern: { w: 1, journal: false }, ...brief };
    await this.#run(() =>
      this.#collection.bulkWrite(takeOut as unknown as AnyBulkWriteOperation<Saved<R>>[], options),
    );
  }

  async #one(filter: Filter<Saved<R>>, options = {}): Promise<R | undefined> {
    const saved = await this.#collection.findOne(filter, { ...this.#options, ...options });
    return saved ? this.#read(saved as Saved<R>) : undefined;
  }

  #read({ record, indexes }: Saved<R>): R {
    return this.#upcast(record, indexes?._version ?? 1);
  }

  async #run<T>(work: (attempt: number) => Promise<T>): Promise<T> {
    await this.prepare();
    return this.#mongo.run(work);
  }

  /**
   * A query along a part of the definition, which some records may lack: those of before it, and those that an older
   * replica has just written. It looks for them at the same time, and if there are any asks again once they are filled.
   */
  async #ask<T>(part: string | undefined, query: (layout: Layout<R>) => Promise<T>): Promise<T> {
    const layout = await this.prepare();
    const ask = () => this.#mongo.run(() => query(layout));
    if (part === undefined || layout.isKeptByAll(part)) return ask();
    for (;;) {
      const [answer, isFilled] = await Promise.all([ask(), this.backfill.isFilled()]);
      if (isFilled) return answer;
      await this.backfill.filled(part);
    }
  }

  /** Whether what stands in the way is this very write, saved by an attempt whose answer was lost. */
  async #isMine(attempt: number, id: string, write: string): Promise<boolean> {
    if (attempt === 1) return false;
    const found = { _id: id, writes: write } as Filter<Saved<R>>;
    const options = { projection: { _id: 1 }, ...linearizable, ...brief };
    return (await this.#collection.findOne(found, options)) !== null;
  }

  async #rarest(layout: Layout<R>, words: string[][]): Promise<string[]> {
    if (words.length === 1) return words[0] as string[];
    const counts = await Promise.all(
      words.map((keys) => {
        const found = { [layout.wordsField]: { $in: keys } } as unknown as Filter<Saved<R>>;
        return this.#collection.countDocuments(found, { limit: MAX_SCANNED, ...brief });
      }),
    );
    return rarest(words, counts);
  }
}

const newWrite = () => randomBytes(9).toString('base64url');
