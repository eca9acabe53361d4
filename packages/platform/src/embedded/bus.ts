import { type AnyEvent, type EventType, parseEvent } from '@fairseat/common/events';
import type { Bus, Clock, DeadLetter, Handlers } from '@fairseat/common/ports';
import { Group, type GroupOptions } from './group.ts';
import { deadLetters, defineLetters, Letters } from './letters.ts';
import { Newcomers } from './newcomers.ts';
import type { CommitListener, SavedEvent, Store } from './store.ts';

const TRIM_BATCH = 5000;

/** The saved events are the log; each consumer group reads it from its own place. */
export class EmbeddedBus implements Bus, CommitListener {
  readonly #store: Store;
  readonly #options: GroupOptions;
  readonly #groups = new Map<string, Group>();
  readonly #newcomers: Newcomers;
  readonly #watchers = new Set<(event: AnyEvent) => void>();
  readonly #settledWaiters: (() => void)[] = [];

  constructor(
    store: Store,
    clock: Clock,
    options: Omit<GroupOptions, 'clock' | 'onProgress'> & { onNotSaid: (error: unknown) => void },
  ) {
    this.#store = store;
    this.#options = { ...options, clock, onProgress: () => this.#tellIfSettled() };
    this.#newcomers = new Newcomers(store, clock, options.onNotSaid);
    defineLetters(store);
    const { furthest } = store.sql('SELECT max(seq) AS furthest FROM cursors').get() as {
      furthest: number | null;
    };
    store.continueAfter(furthest ?? 0);
    store.listen(this);
  }

  consume(group: string, handlers: Handlers) {
    if (this.#groups.has(group)) throw new Error(`${group} consumes already`);
    const types = Object.keys(handlers) as EventType[];
    this.#newcomers.note(group, types, new Letters(this.#store, group).savedCursor());
    this.#groups.set(group, new Group(group, handlers, this.#store, this.#options));
  }

  async publish(event: AnyEvent) {
    const checked = parseEvent(event);
    const body = JSON.stringify(checked);
    return this.#store.write(() => this.#store.append(checked, body), true);
  }

  watch(listener: (event: AnyEvent) => void) {
    this.#watchers.add(listener);
    return () => {
      this.#watchers.delete(listener);
    };
  }

  /** The log is in the same file as the records: they are lost together or not at all. But it is forgotten sooner. */
  onLoss(service: string, sayAgain: () => Promise<void>) {
    this.#newcomers.add(service, sayAgain);
  }

  /** Records and log go back together. */
  onRestore() {}

  async deadLetters(): Promise<DeadLetter[]> {
    return deadLetters(this.#store);
  }

  async backlog() {
    return [...this.#groups].map(([group, { backlog, dead }]) => ({
      group,
      events: backlog,
      dead,
    }));
  }

  start() {
    for (const group of this.#groups.values()) group.start();
    this.#newcomers.start([...this.#groups.keys()]);
  }

  async stop() {
    this.#newcomers.stop();
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
  }

  /** Resolves once every saved event has been handled by every group, parked ones included. */
  settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settledWaiters.push(resolve);
    this.#tellIfSettled();
    return promise;
  }

  /** Deletes the oldest events, once older than `before` (ISO 8601) and read by every group. */
  trim(before: string) {
    // The log is in the order of time, near enough: while its first event is young, nothing is old.
    const first = this.#store
      .sql(`SELECT body ->> 'time' AS time FROM events WHERE json_valid(body) ORDER BY seq LIMIT 1`)
      .get() as { time: string } | undefined;
    if (first && first.time >= before) return;
    const needed = Math.min(...[...this.#groups.values()].map((group) => group.firstNeededSeq()));
    if (!Number.isFinite(needed)) return;
    // What is no JSON became a dead letter long ago.
    this.#store
      .sql(
        `DELETE FROM events WHERE seq IN
         (SELECT seq FROM events WHERE seq < ? ORDER BY seq LIMIT ${TRIM_BATCH})
         AND CASE WHEN json_valid(body) THEN body ->> 'time' < ? ELSE 1 END`,
      )
      .run(needed, before);
  }

  onEvents(events: SavedEvent[]) {
    for (const group of this.#groups.values()) group.onEvents(events);
  }

  beforeCommit() {
    for (const group of this.#groups.values()) group.beforeCommit();
  }

  afterCommit(events: SavedEvent[]) {
    for (const group of this.#groups.values()) group.afterCommit();
    for (const { event } of events) this.#show(event);
    this.#tellIfSettled();
  }

  #show(event: AnyEvent) {
    for (const watcher of this.#watchers) {
      try {
        watcher(event);
      } catch (error) {
        this.#options.onWatcherError(error);
      }
    }
  }

  afterRollback() {
    for (const group of this.#groups.values()) group.afterRollback();
  }

  #tellIfSettled() {
    if (this.#settledWaiters.length === 0) return;
    if ([...this.#groups.values()].every((group) => group.backlog === 0)) {
      for (const resolve of this.#settledWaiters.splice(0)) resolve();
    }
  }
}
