/** Fills what is new in a table's definition for the documents that are there, and those that older replicas write. */
import type { Clock, Stored, TableDefinition } from '@fairseat/common/ports';
import type { Collection, Filter } from 'mongodb';
import { pause } from '../clock.ts';
import { halfFilled, untilFilled, whyUnfit } from '../definition.ts';
import { EngineError } from './engine.ts';
import type { Layout } from './layout.ts';
import { brief, isDuplicate, type Mongo, patient } from './mongodb.ts';

const STEP = 200;
const TRY_AGAIN_MS = 1000;

interface Document {
  _id: string;
  version: number;
  record: Stored;
  indexes: { _version?: number };
}

export interface BackfillOptions<R extends Stored> {
  name: string;
  mongo: Mongo;
  collection: () => Collection<Document>;
  definition: TableDefinition<R>;
  layout: () => Layout<R>;
  read: (record: Stored, writtenAs: number) => R;
  clock: Clock;
  onError: (error: unknown) => void;
}

/**
 * Each document that has everything bears a mark, which the write of anybody who knows of fewer parts takes away: what is
 * left to do is what bears none, after a crash and beside any number of replicas. Only the fields of the own definition
 * are added, if the document is still the version that was read.
 */
export class Backfill<R extends Stored> {
  readonly #options: BackfillOptions<R>;
  #running: Promise<void> | undefined;
  #stopped = false;
  #done = 0;
  #about = 0;

  constructor(options: BackfillOptions<R>) {
    this.#options = options;
  }

  /** Undefined when nothing is left to be filled. */
  get progress() {
    if (this.#about === 0) return undefined;
    return this.#filling();
  }

  async isFilled(): Promise<boolean> {
    return (await this.#unmarked(1)).length === 0;
  }

  /** @throws Unavailable when it takes long. */
  async filled(part: string) {
    await untilFilled(part, this.run(), this.#options.clock, {
      isFilled: () => !this.#stopped,
      filling: this.#filling,
    });
  }

  #filling = () => ({ table: this.#options.name, done: this.#done, about: this.#about });

  /** A line about what was left half filled, by whatever version, if it was. Call it before `run`. */
  async halfFilled(): Promise<string | undefined> {
    const { layout, name: table } = this.#options;
    const { kept, mark } = layout();
    if (kept.mark === undefined || (await this.isFilled())) return undefined;
    const [about, left] = await Promise.all([this.#count({}), this.#count(lacks(kept.mark))]);
    if (left === 0 || left === about) return undefined;
    const isOwn = kept.mark === mark;
    return halfFilled(
      { table, done: about - left, about },
      `all that ${isOwn ? 'this' : 'another'} version keeps of them`,
      isOwn ? 'fills the others' : 'fills what it keeps in all of them',
    );
  }

  run(): Promise<void> {
    this.#running ??= this.#tryUntilFilled().finally(() => {
      this.#running = undefined;
      this.#about = 0;
    });
    return this.#running;
  }

  /** @throws EngineError when a key that is new is no key of the records that are there. */
  async fillAtStart() {
    await this.#fill(async (document, value) => {
      throw new EngineError(await this.#whyTaken(document, value));
    });
  }

  async stop() {
    this.#stopped = true;
    await this.#running;
  }

  crash() {
    this.#stopped = true;
  }

  async #tryUntilFilled() {
    const { clock, onError } = this.#options;
    while (!this.#stopped) {
      try {
        await this.#fill(async (document, value) => {
          // An older replica has let it in. Whoever had the key first keeps it, and a person is told.
          onError(new Error(await this.#whyTaken(document, value)));
          const keys = Object.keys(value).filter((path) => path.startsWith('keys.'));
          for (const path of keys) delete value[path];
          await this.#set(document, value);
        });
        return;
      } catch (error) {
        if (this.#stopped) return;
        onError(error);
        await pause(clock, TRY_AGAIN_MS);
      }
    }
  }

  async #fill(onTaken: (document: Document, value: Record<string, unknown>) => Promise<void>) {
    const { definition, layout, read, name } = this.#options;
    this.#done = 0;
    for (let isFirst = true; !this.#stopped; isFirst = false) {
      const documents = await this.#unmarked(STEP);
      if (documents.length === 0) return;
      if (isFirst) this.#about = await this.#count(this.#isUnmarked);
      await Promise.all(
        documents.map(async (document) => {
          const writtenAs = document.indexes?._version ?? 1;
          const record = read(document.record, writtenAs);
          const reason = whyUnfit(definition, record, writtenAs);
          if (reason) throw new EngineError(`Record ${document._id} of ${name} ${reason}.`);
          const values = layout().values(record);
          try {
            await this.#set(document, values);
          } catch (error) {
            if (!isTaken(error)) throw error;
            await onTaken(document, values);
          }
        }),
      );
      this.#done += documents.length;
    }
  }

  #count(filter: Filter<Document>): Promise<number> {
    const { mongo, collection } = this.#options;
    const count = () => collection().countDocuments(filter, { ...patient });
    return mongo.run(count, patient);
  }

  get #isUnmarked() {
    return lacks(this.#options.layout().mark as string);
  }

  async #unmarked(limit: number): Promise<Document[]> {
    const { mongo, collection, layout } = this.#options;
    if (layout().mark === undefined) return [];
    const projection = { version: 1, record: 1, 'indexes._version': 1 };
    return mongo.run(() =>
      collection()
        .find(this.#isUnmarked, { projection, limit, ...brief })
        .toArray(),
    ) as Promise<Document[]>;
  }

  #set({ _id, version }: Document, value: Record<string, unknown>) {
    const { mongo, collection } = this.#options;
    return mongo.run(() =>
      collection().updateOne({ _id, version }, { $set: value } as never, brief),
    );
  }

  async #whyTaken({ _id }: Document, values: Record<string, unknown>): Promise<string> {
    const { mongo, collection, name } = this.#options;
    for (const [path, value] of Object.entries(values)) {
      if (!path.startsWith('keys.')) continue;
      const same = { [path]: Array.isArray(value) ? { $in: value } : value, _id: { $ne: _id } };
      const other = await mongo.run(() => collection().findOne(same as never, brief));
      if (!other) continue;
      return `The unique key ${path.replace(/^keys\./, '')} of ${name} is new, and the records ${other._id} and ${_id} have the same value of it.`;
    }
    return `A unique key of ${name} is new, and record ${_id} has the same value of it as another.`;
  }
}

const lacks = (mark: string) => ({ [mark]: null }) as unknown as Filter<Document>;

const isTaken = (error: unknown) => isDuplicate((error as Error).cause ?? error);
