import { DuplicateKey, notFound, Problem, Unavailable, VersionConflict } from '../../errors.ts';
import { type AnyEvent, isEventType } from '../../events.ts';
import type { Clock, Page, Platform, Query, Stored, Table } from '../../ports/index.ts';
import type { EventFactory } from './envelope.ts';

/** One outcome of a decision. A fact whose type is an event type is published as that event; others stay private. */
export interface Fact {
  type: string;
}

export interface RecordsOptions<S extends Stored, F extends Fact, R extends object = object> {
  /** The name of the record for people, in "There is no such …". */
  noun: string;
  table: Table<S>;
  evolve: (state: S | undefined, fact: F) => S;
  newEvent: EventFactory;
  clock: Clock;
  newId: Platform['newId'];
  /** The part of the record that its events carry. Fields that their schemas do not have are left out anyway. */
  publicState?: (state: S) => R;
  /** The facts that say a record's state again, for consumers whose events of it were lost. */
  asItStands?: (state: S) => F[];
  /**
   * The record as its newest event tells of it, for a database that went back in time; what events do not carry is as
   * in `current`, or left empty.
   */
  restored?: (event: AnyEvent, current: S | undefined) => S;
  /** An empty record (version 0) for the first update of an unknown id, instead of "not found". */
  initial?: (id: string) => S;
}

/** What has become of one page of records. */
export interface SaidAgain {
  /** The id behind which the next page begins; null after the last. */
  behind: string | null;
  looked: number;
  said: number;
  failures: { id: string; reason: unknown }[];
}

/** Enough for every other writer of a hot record to win first. */
const MAX_ATTEMPTS = 250;
/** Most races are lost to one writer, who is done by the next attempt. */
const ATTEMPTS_AT_ONCE = 10;
const LONGEST_PAUSE_MS = 50;
const ATTEMPTS_TO_SAY = 3;
/** Ids end with random digits, which are the only luck that a platform has. */
const RANDOM_DIGITS = 8;

/**
 * The only place where decisions meet storage: read, decide, evolve, and compare-and-set on `version` with the
 * events in the same write. A decision is `(state) => facts`; it may run several times, so it must be pure.
 */
export class Records<S extends Stored, F extends Fact> {
  readonly #options: RecordsOptions<S, F>;

  constructor(options: RecordsOptions<S, F>) {
    this.#options = options;
  }

  get(id: string): Promise<S | undefined> {
    return this.#options.table.get(id);
  }

  getByKey(key: string, value: string): Promise<S | undefined> {
    return this.#options.table.getByKey(key, value);
  }

  find(query: Query): Promise<Page<S>> {
    return this.#options.table.find(query);
  }

  due(index: string, upTo: number, limit: number): Promise<S[]> {
    return this.#options.table.due(index, upTo, limit);
  }

  /** Like `get`. @throws Problem (404) when there is no such record. */
  async require(id: string): Promise<S> {
    const record = await this.get(id);
    if (record === undefined) throw notFound(this.#options.noun);
    return record;
  }

  /** Inserts the record that the facts make, and its events. @throws DuplicateKey when id or unique key is taken. */
  async create(facts: F[]): Promise<S> {
    const record = this.#apply(undefined, facts);
    await this.#options.table.insert(record, this.#events(record, facts));
    return record;
  }

  /**
   * Changes a record by a decision and returns it as it is afterwards. Without facts nothing is written.
   * @throws whatever the decision throws; Problem (404) when there is no such record; VersionConflict when
   * another writer came first every time. The new version is at least `floor`.
   */
  async update(id: string, decide: (state: S) => F[], floor = 0): Promise<S> {
    for (let attempt = 1; ; attempt++) {
      // A read that lags would lose to the same write again.
      const found = await this.#options.table.get(id, { latest: attempt > 1 });
      const current = found ?? this.#options.initial?.(id);
      if (current === undefined) throw notFound(this.#options.noun);
      const facts = decide(current);
      if (facts.length === 0) return current;
      try {
        return await this.#save(current, facts, floor);
      } catch (error) {
        const lost = error instanceof VersionConflict || isTakenId(error, current);
        if (!lost || attempt === MAX_ATTEMPTS) throw error;
        if (attempt >= ATTEMPTS_AT_ONCE) await this.#pause(attempt - ATTEMPTS_AT_ONCE);
      }
    }
  }

  /**
   * Says the states of the next records by id again, each in a write of its own: a new version and new events. A record
   * that fails holds up no other. No version is below `floor`. @throws Unavailable
   */
  async sayAgain(behind: string, limit: number, since = '', floor = 0): Promise<SaidAgain> {
    const { table, asItStands } = this.#options;
    const records = asItStands ? await table.walk(behind, limit) : [];
    const due = records.filter(({ createdAt }) => createdAt >= since);
    const outcomes = await this.#sayEach(due, floor);
    const failures = outcomes.flatMap((outcome, n) =>
      outcome.status === 'rejected' && !isGone(outcome.reason)
        ? [{ id: due[n]?.id as string, reason: outcome.reason }]
        : [],
    );
    const unavailable = failures.find(({ reason }) => reason instanceof Unavailable);
    if (unavailable) throw unavailable.reason;
    const said = outcomes.filter(
      (outcome, n) => outcome.status === 'fulfilled' && outcome.value.version !== due[n]?.version,
    );
    const last = records.length < limit ? null : (records.at(-1)?.id as string);
    return { behind: last, looked: records.length, said: said.length, failures };
  }

  /** Those that an engine fails are tried again by themselves: nothing is said twice for them. */
  async #sayEach(records: S[], floor: number) {
    const { asItStands } = this.#options;
    const outcomes: PromiseSettledResult<S>[] = [];
    let left = records.map((record, n) => ({ record, n }));
    for (let attempt = 1; left.length > 0 && attempt <= ATTEMPTS_TO_SAY; attempt++) {
      const said = await Promise.allSettled(
        left.map(({ record }) => this.update(record.id, asItStands as () => F[], floor)),
      );
      for (const [at, { n }] of left.entries()) outcomes[n] = said[at] as PromiseSettledResult<S>;
      left = left.filter((_, at) => isUnavailable(said[at]));
    }
    return outcomes;
  }

  /** Lets other writers of a hot record finish, or a lagging copy of it catch up. Each process waits another time. */
  #pause(times: number): Promise<void> {
    const { clock, newId } = this.#options;
    const longestMs = Math.min(2 ** times, LONGEST_PAUSE_MS);
    const share = Number.parseInt(newId().slice(-RANDOM_DIGITS), 16) / 16 ** RANDOM_DIGITS;
    return new Promise((resolve) => void clock.after(Math.ceil(share * longestMs), resolve));
  }

  /**
   * Takes back what an event tells of a record that has lost it, as a version that nobody has seen yet, and says it
   * again. Where the broker went back as well, others have seen later versions than it tells of, but none as high as
   * the time. @throws DuplicateKey while another record still has its unique key, VersionConflict
   */
  async takeBack(event: AnyEvent): Promise<void> {
    const { table, restored, asItStands, clock } = this.#options;
    const current = await this.get(event.subject);
    if (!restored || !asItStands || (current?.version ?? 0) >= event.version) return;
    const version = Math.max(event.version + 1, clock.now());
    const record = { ...restored(event, current), version };
    const events = this.#events(record, asItStands(record));
    if (current) await table.replace(current, record, events);
    else await table.insert(record, events);
  }

  async #save(current: S, facts: F[], floor: number): Promise<S> {
    const next = this.#apply(current, facts, floor);
    const events = this.#events(next, facts);
    if (current.version === 0) await this.#options.table.insert(next, events);
    else await this.#options.table.replace(current, next, events);
    return next;
  }

  #apply(current: S | undefined, facts: F[], floor = 0): S {
    const next = facts.reduce<S | undefined>(this.#options.evolve, current);
    return { ...(next as S), version: Math.max((current?.version ?? 0) + 1, floor) };
  }

  #events(record: S, facts: F[]) {
    const { publicState = (state: S) => state, newEvent } = this.#options;
    return facts.flatMap((fact) =>
      isEventType(fact.type)
        ? [newEvent(fact.type, record, { ...fact, ...publicState(record) })]
        : [],
    );
  }
}

/** True when another process has created the record in the meantime, which counts like a newer version of it. */
const isTakenId = (error: unknown, current: Stored) =>
  error instanceof DuplicateKey && current.version === 0;

const isUnavailable = (outcome: PromiseSettledResult<unknown> | undefined) =>
  outcome?.status === 'rejected' && outcome.reason instanceof Unavailable;

/** Its time to be forgotten had come. */
const isGone = (error: unknown) => error instanceof Problem && error.status === 404;
