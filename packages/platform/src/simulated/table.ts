import type { AnyEvent } from '@fairseat/common/events';
import type { Query, Stored, Table } from '@fairseat/common/ports';
import type { Caller } from './environment.ts';
import type { SavedRecords } from './saved-records.ts';
import type { Origin, Wire } from './wire.ts';

/** Receives every change in the moment it is saved, with the events saved with it. */
export type Saved = (
  caller: Caller,
  before: Stored | undefined,
  after: Stored,
  events: readonly AnyEvent[],
) => void;

/** Copies a value that leaves its process, as serialising it would: without what JSON lacks, and frozen. */
export function asBytes<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(asBytes)) as T;
  const { toJSON } = value as { toJSON?: () => T };
  if (toJSON) return toJSON.call(value);
  const copy: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value))
    if (each !== undefined) copy[key] = asBytes(each);
  return Object.freeze(copy) as T;
}

/** One process' access to the records of one table. */
export class SimulatedTable<R extends Stored> implements Table<R> {
  readonly #wire: Pick<Wire, 'call'>;
  readonly #origin: Origin;
  readonly #service: string;
  readonly #records: SavedRecords<R>;
  readonly #saved: Saved;

  constructor(
    wire: Pick<Wire, 'call'>,
    origin: Origin,
    service: string,
    records: SavedRecords<R>,
    saved: Saved,
  ) {
    this.#wire = wire;
    this.#origin = origin;
    this.#service = service;
    this.#records = records;
    this.#saved = saved;
  }

  get = (id: string) => this.#read('get', id, () => this.#records.get(id));

  getByKey = (key: string, value: string) =>
    this.#read('getByKey', value, () => this.#records.getByKey(key, value));

  find = (query: Query) => this.#read('find', '', () => this.#records.find(query));

  walk = (behind: string, limit: number) =>
    this.#read('walk', behind, () => this.#records.walk(behind, limit));

  due = (index: string, upTo: number, limit: number) =>
    this.#read('due', index, () => this.#records.due(index, upTo, limit));

  insert(record: R, events: AnyEvent[] = []) {
    const [saved, published] = [asBytes(record), asBytes(events)];
    return this.#write('insert', record.id, (caller) => {
      this.#records.insert(saved);
      this.#saved(caller, undefined, saved, published);
    });
  }

  replace({ version }: R, next: R, events: AnyEvent[] = []) {
    const [saved, published] = [asBytes(next), asBytes(events)];
    return this.#write('replace', next.id, (caller) => {
      this.#saved(caller, this.#records.replace(version, saved), saved, published);
    });
  }

  keepNewest(record: R) {
    const saved = asBytes(record);
    return this.#write('keepNewest', record.id, (caller) => {
      const before = this.#records.all.get(record.id);
      if (this.#records.keepNewest(saved)) this.#saved(caller, before, saved, []);
    });
  }

  #read<T>(method: string, about: string, act: () => T): Promise<T> {
    return this.#wire.call(this.#origin, this.#call(method, about, false), act);
  }

  #write(method: string, about: string, act: (caller: Caller) => void): Promise<void> {
    return this.#wire.call(this.#origin, this.#call(method, about, true), act);
  }

  #call(method: string, about: string, isWrite: boolean) {
    const name = `${this.#records.name}.${method}`;
    return { engine: 'tables', owner: this.#service, name, about, isWrite } as const;
  }
}
