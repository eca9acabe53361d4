import { inStory, storyOf } from '@fairseat/common/context';
import { Unavailable } from '@fairseat/common/errors';
import { parseEvent } from '@fairseat/common/events';
import type { Clock, Handlers } from '@fairseat/common/ports';
import { pause } from '../clock.ts';
import {
  afterError,
  type DeliveryTiming,
  type Handler,
  handlerOf,
  isForOthers,
  LONGEST_BACKOFF_MS,
  type Next,
  UNAVAILABLE_PAUSE_MS,
} from '../delivery.ts';
import { InTurn } from '../in-turn.ts';
import type { DeadLetters } from './dead-letters.ts';
import { fresh, type Letter, Letters } from './letters.ts';
import type { SavedEvent, Store } from './store.ts';

export interface GroupOptions extends DeliveryTiming {
  clock: Clock;
  onDeadLetter: (group: string, reason: unknown, body: string) => void;
  onWatcherError: (error: unknown) => void;
  onProgress: () => void;
}

const MAX_IN_FLIGHT = 256;
/** So few that all of them may fail within one turn without holding up others. */
const PARKED_AT_ONCE = 64;

/** For what was parked by a version that had a handler for it. */
const skip: Handler = async () => {};

type PutAside = Extract<Next, { kind: 'defer' | 'retry' | 'dead' }>;

/**
 * Delivers the log to one consumer group. Events of different records are handled at the same time, those of one record
 * in turn. The cursor is saved in the transaction of the handler's writes. An event that fails is parked, so that it
 * holds up no other.
 */
export class Group {
  readonly #name: string;
  readonly #handlers: Handlers;
  readonly #store: Store;
  readonly #letters: Letters;
  readonly #options: GroupOptions;
  /** When parked letters are due: as the clock was at first, and from then on as nobody sets it. */
  readonly #now: () => number;
  /** All events up to here are handled or parked; `#saved` is the cursor on disk. */
  #cursor: number;
  #saved: number;
  #nextSeq: number;
  /** Numbers of events handled ahead of the cursor. */
  readonly #done = new Set<number>();
  /** Letters of the transaction under way. */
  #unsaved: Letter[] = [];
  /** Numbers of events handled in the transaction under way. */
  readonly #finishing = new Set<number>();
  readonly #deliveries = new InTurn();
  readonly #parkedInFlight = new Set<number>();
  #inFlight = 0;
  /** Whether letters were parked or taken from there since the next look was planned. */
  #hasParkedAnew = false;
  #areMoreDue = false;
  #running = false;
  #cancelWake = () => {};
  #whenStopped: (() => void) | undefined;

  constructor(
    name: string,
    handlers: Handlers,
    store: Store,
    dead: DeadLetters,
    options: GroupOptions,
  ) {
    this.#name = name;
    this.#handlers = handlers;
    this.#store = store;
    this.#letters = new Letters(store, name, dead);
    this.#options = options;
    const { clock } = options;
    const began = clock.now() - clock.monotonic();
    this.#now = () => Math.round(began + clock.monotonic());
    this.#cursor = this.#letters.cursor();
    this.#saved = this.#cursor;
    this.#nextSeq = this.#cursor + 1;
  }

  start() {
    this.#running = true;
    // A clock that was ahead must not hold them up.
    this.#letters.areDueBy(this.#now() + LONGEST_BACKOFF_MS);
    this.#readParked();
    this.#readLog();
  }

  /** Resolves once no handler is running. */
  async stop() {
    this.#running = false;
    this.#cancelWake();
    if (this.#inFlight === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenStopped = resolve;
    await promise;
  }

  /** The number of events not handled yet; parked ones count twice while they are handled. */
  get backlog() {
    const unread = this.#store.lastSeq - this.#nextSeq + 1;
    return unread + this.#inFlight + this.#letters.parkedCount;
  }

  get dead() {
    return this.#letters.deadCount;
  }

  firstNeededSeq(): number {
    return Math.min(this.#letters.firstParkedSeq() ?? Number.POSITIVE_INFINITY, this.#saved + 1);
  }

  beforeCommit() {
    while (this.#done.has(this.#cursor + 1) || this.#finishing.has(this.#cursor + 1)) {
      this.#cursor += 1;
    }
    if (this.#cursor !== this.#saved) this.#letters.saveCursor(this.#cursor);
  }

  afterCommit() {
    for (const seq of this.#finishing) this.#done.add(seq);
    this.#finishing.clear();
    for (let seq = this.#saved + 1; seq <= this.#cursor; seq++) this.#done.delete(seq);
    this.#saved = this.#cursor;
    this.#unsaved = [];
    if (this.#hasParkedAnew) this.#wakeForParked();
    this.#readLog();
  }

  /** Takes back the transaction: its events do not exist, and the events handled in it are not handled. */
  afterRollback() {
    this.#cursor = this.#saved;
    this.#finishing.clear();
    for (const letter of this.#unsaved) letter.void = true;
    this.#unsaved = [];
    this.#nextSeq = Math.min(this.#nextSeq, this.#store.lastSeq + 1);
    for (const seq of this.#done) if (seq >= this.#nextSeq) this.#done.delete(seq);
  }

  /** Hands events to their handlers as they are saved, unless older ones wait; then they are read later. */
  onEvents(events: SavedEvent[]) {
    if (!this.#running) return;
    for (const saved of events) {
      if (saved.seq !== this.#nextSeq || this.#inFlight >= MAX_IN_FLIGHT) break;
      this.#nextSeq += 1;
      const letter = fresh(saved);
      this.#unsaved.push(letter);
      this.#accept(letter);
    }
  }

  #readLog() {
    const isFull = this.#inFlight >= MAX_IN_FLIGHT;
    if (!this.#running || isFull || this.#nextSeq > this.#store.lastSeq) return;
    const letters = this.#letters.from(this.#nextSeq, MAX_IN_FLIGHT - this.#inFlight);
    for (const letter of letters) {
      this.#nextSeq = letter.seq + 1;
      this.#accept(letter);
    }
    // Other work gets its turn between two batches of a long log.
    if (letters.length > 0) void this.#store.nextTurn().then(() => this.#readLog());
  }

  #readParked() {
    if (!this.#running) return;
    const now = this.#now();
    const underWay = this.#parkedInFlight;
    const limit = Math.min(PARKED_AT_ONCE, MAX_IN_FLIGHT - underWay.size);
    const letters = this.#letters.parkedDue(now, limit, underWay);
    this.#areMoreDue = limit > 0 && letters.length === limit;
    for (const letter of letters) {
      this.#parkedInFlight.add(letter.seq);
      this.#accept(letter);
    }
    this.#wakeForParked();
  }

  #wakeForParked() {
    this.#cancelWake();
    this.#hasParkedAnew = false;
    const nextDueAt = this.#letters.nextDueAt();
    if (nextDueAt === null || !this.#running) return;
    const { clock, deferMs } = this.#options;
    // A letter that is still due here is in flight, or beyond the limit of those in flight.
    const leastMs = this.#areMoreDue ? 0 : deferMs / 4;
    const delayMs = Math.max(nextDueAt - this.#now(), leastMs);
    this.#cancelWake = clock.after(delayMs, () => this.#readParked());
  }

  #accept(letter: Letter) {
    const { event, body } = letter;
    const handler = event && handlerOf(this.#handlers, event.type);
    const isSkipped = event ? !handler : isForOthers(this.#handlers, body);
    if (isSkipped && !letter.parked) {
      this.#done.add(letter.seq);
      return;
    }
    this.#inFlight += 1;
    const subject = event?.subject ?? String(letter.seq);
    this.#deliveries.add(
      subject,
      () => this.#deliver(letter, isSkipped ? skip : handler),
      () => this.#finished(letter),
    );
  }

  #finished(letter: Letter) {
    this.#inFlight -= 1;
    this.#parkedInFlight.delete(letter.seq);
    if (this.#inFlight === 0) this.#whenStopped?.();
    if (this.#inFlight < MAX_IN_FLIGHT / 2) this.#readLog();
    this.#options.onProgress();
  }

  async #deliver(letter: Letter, handler: Handler | undefined) {
    for (let conflicts = 0; this.#running && !letter.void; ) {
      try {
        return await this.#handle(letter, handler);
      } catch (error) {
        if (letter.void) return;
        const counts = { conflicts, failures: letter.failures };
        const next = afterError(error, counts, this.#options);
        if (next.kind === 'again') conflicts = next.conflicts;
        else if (next.kind === 'pause') await pause(this.#options.clock, next.forMs);
        else if (await this.#putAside(letter, next, error)) return;
      }
    }
  }

  async #handle(letter: Letter, handler: Handler | undefined) {
    const delivery = { attempt: letter.attempts + 1 };
    await this.#store.unit(
      async () => {
        if (handler === skip) return;
        const event = letter.event ?? parseEvent(JSON.parse(letter.body));
        await inStory(storyOf(event), () => handler?.(event, delivery));
        if (letter.void) throw new Unavailable('Its event was not saved after all.');
      },
      () => this.#finish(letter),
    );
  }

  /** Runs in the transaction of the handler's writes. */
  #finish(letter: Letter) {
    this.#hasParkedAnew ||= letter.parked;
    if (letter.parked) this.#letters.unpark(letter);
    else this.#finishing.add(letter.seq);
  }

  /** Puts a letter aside, for later or for good. Returns false when not even that could be saved. */
  async #putAside(letter: Letter, next: PutAside, error: unknown): Promise<boolean> {
    const diedAt = new Date(this.#options.clock.now()).toISOString();
    const body = letter.body || JSON.stringify(letter.event);
    try {
      await this.#store.write(() => {
        this.#finish(letter);
        if (next.kind !== 'dead') this.#park(letter, next.failures, this.#now() + next.forMs);
        else this.#letters.bury(letter, body, error, diedAt);
      });
    } catch {
      await pause(this.#options.clock, UNAVAILABLE_PAUSE_MS);
      return false;
    }
    if (next.kind === 'dead') this.#options.onDeadLetter(this.#name, error, body);
    return true;
  }

  #park(letter: Letter, failures: number, dueAt: number) {
    this.#letters.park(letter, failures, dueAt);
    this.#hasParkedAnew = true;
  }
}
