import { type AnyEvent, type EventType, parseNewEvent } from '@fairseat/common/events';
import type { Bus, Clock, DeadLetter, Handlers, PublishedState } from '@fairseat/common/ports';
import { DeadLetters } from './dead-letters.ts';
import { EventLog } from './event-log.ts';
import { rowOf } from './event-rows.ts';
import { Group, type GroupOptions } from './group.ts';
import { defineLetters, Letters } from './letters.ts';
import { Newcomers } from './newcomers.ts';
import type { CommitListener, SavedEvent, Store } from './store.ts';

/** The saved events are the log, which each consumer group reads from its own cursor. */
export class EmbeddedBus implements Bus, CommitListener {
  readonly #store: Store;
  readonly #options: GroupOptions;
  readonly #dead: DeadLetters;
  readonly #log: EventLog;
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
    this.#dead = new DeadLetters(store);
    this.#log = new EventLog(store);
    store.listen(this);
  }

  consume(group: string, handlers: Handlers) {
    if (this.#groups.has(group)) throw new Error(`${group} consumes already`);
    const types = Object.keys(handlers) as EventType[];
    this.#newcomers.note(group, types, new Letters(this.#store, group, this.#dead).savedCursor());
    this.#groups.set(group, new Group(group, handlers, this.#store, this.#dead, this.#options));
  }

  async publish(event: AnyEvent) {
    const checked = parseNewEvent(event);
    const row = rowOf(checked);
    return this.#store.write(() => this.#store.append(checked, row), true);
  }

  watch(listener: (event: AnyEvent) => void) {
    this.#watchers.add(listener);
    return () => {
      this.#watchers.delete(listener);
    };
  }

  /** The log is in the same file as the records, so both are lost or neither; but events are forgotten sooner. */
  onLoss(service: string, sayAgain: () => Promise<void>) {
    this.#newcomers.add(service, sayAgain);
  }

  /** Records and log go back together. */
  onRestore() {}

  async restored(service: string, state?: PublishedState) {
    await state?.takeBack([], { since: undefined, isCovered: false });
    const letters = new Letters(this.#store, service, this.#dead);
    await this.#store.write(() => letters.beginAnew());
  }

  async deadLetters(): Promise<DeadLetter[]> {
    return this.#dead.list();
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

  /** Resolves once every group has handled every saved event, parked ones included. */
  settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#settledWaiters.push(resolve);
    this.#tellIfSettled();
    return promise;
  }

  /**
   * Within a write: deletes some of the events that were written before `keptFrom` and that no group here needs, and of
   * the dead letters from before. Returns how many are gone.
   */
  tidy(now: number, keptFrom: number) {
    this.#log.mark(now);
    const needed = [...this.#groups.values()].map((group) => group.firstNeededSeq());
    // Who has no groups, as a program that only reads, knows nothing of what they need.
    const events = needed.length > 0 ? this.#log.trim(keptFrom, Math.min(...needed)) : 0;
    return { events, deadLetters: this.#dead.forget(new Date(keptFrom).toISOString()) };
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
