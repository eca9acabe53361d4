import { type EventType, publisherOf } from '@fairseat/common/events';
import type { Clock } from '@fairseat/common/ports';
import { pause } from '../clock.ts';
import type { Store } from './store.ts';

interface Row {
  type: EventType;
  complete: number;
}

const TRY_AGAIN_MS = 5000;

const defineHeard = (store: Store) =>
  store.define(
    `CREATE TABLE IF NOT EXISTS heard (consumer TEXT, type TEXT, complete INTEGER NOT NULL,
     PRIMARY KEY (consumer, type)) WITHOUT ROWID`,
  );

/**
 * Groups that the log has not all for: new ones, those that were away for longer than events are kept, and those that
 * handle a type for the first time. The services that publish what they handle then say everything again.
 */
export class Newcomers {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #publishers = new Map<string, () => Promise<void>>();
  #running = false;

  constructor(store: Store, clock: Clock, onError: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onError = onError;
    defineHeard(store);
  }

  /** How a service says every record's state again. */
  add(service: string, sayAgain: () => Promise<void>) {
    this.#publishers.set(service, sayAgain);
  }

  /** Notes what a group handles, before it reads on from `cursor`: undefined for one that has never read. */
  note(group: string, types: EventType[], cursor: number | undefined) {
    const known = new Map(this.#rows(group).map(({ type, complete }) => [type, complete]));
    const isLate = this.#firstSeq() > (cursor ?? 0) + 1;
    const isKnown = cursor !== undefined && known.size > 0;
    const isGap = (type: EventType) => isLate || (isKnown && !known.has(type));
    const rows = types
      .filter((type) => !known.has(type) || (isLate && known.get(type) === 1))
      .map((type) => [group, type, isGap(type) ? 0 : 1]);
    if (rows.length === 0) return;
    this.#store
      .sql(
        `INSERT OR REPLACE INTO heard
         SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)`,
      )
      .run(JSON.stringify(rows));
  }

  /** Call it once the groups read, so that they receive what is said. */
  start(groups: string[]) {
    this.#running = true;
    const asked = groups.flatMap((group) => this.#rows(group).filter((row) => !row.complete));
    const services = new Set(asked.map(({ type }) => publisherOf(type)));
    for (const service of services) void this.#ask(service, groups);
  }

  stop() {
    this.#running = false;
  }

  async #ask(service: string, groups: string[]) {
    const sayAgain = this.#publishers.get(service);
    while (sayAgain && this.#running) {
      try {
        await sayAgain();
        await this.#store.write(() => this.#complete(service, groups));
        return;
      } catch (error) {
        if (this.#running) this.#onError(error);
        await pause(this.#clock, TRY_AGAIN_MS);
      }
    }
  }

  #complete(service: string, groups: string[]) {
    const complete = this.#store.sql(
      'UPDATE heard SET complete = 1 WHERE consumer = ? AND type = ?',
    );
    for (const group of groups) {
      const said = this.#rows(group).filter(({ type }) => publisherOf(type) === service);
      for (const { type } of said) complete.run(group, type);
    }
  }

  #rows(group: string) {
    return this.#store
      .sql('SELECT type, complete FROM heard WHERE consumer = ?')
      .all(group) as unknown as Row[];
  }

  /** The number of the first event that is kept, else of the next. */
  #firstSeq(): number {
    const { first } = this.#store.sql('SELECT min(seq) AS first FROM events').get() as {
      first: number | null;
    };
    return first ?? this.#store.lastSeq + 1;
  }
}
