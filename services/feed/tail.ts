import type { OuterEvent } from '@fairseat/common/contracts/feed';
import { CursorGone } from '@fairseat/common/errors';
import type { Clock, EventLog, LoggedEvent } from '@fairseat/common/ports';
import { outerForm } from './outer-form.ts';
import type { Scope } from './scope.ts';

/** An event as it is sent. Those that are not known here have a place alone. */
export interface Outgoing {
  cursor: string;
  event: OuterEvent | undefined;
}

/** What lies behind a place: the events of a scope, and where the next begin. */
export interface Stretch {
  next: string;
  frames: Buffer;
}

/** So much of the newest is kept for all who follow closely. */
const MOST_KEPT = 4000;
const PAGE = 250;
/** Events of so long are sent together. */
const TOGETHER_MS = 25;
/** A call that there is more may be lost. */
const LOOK_EVERY_MS = 1000;

interface TailOptions {
  log: EventLog;
  clock: Clock;
  /** Of the marketplace. */
  origin: string;
  onError: (error: unknown) => void;
}

/** The newest events, read and formed once for all who follow closely. Who is further behind reads the log. */
export class Tail {
  readonly #log: EventLog;
  readonly #clock: Clock;
  readonly #origin: string;
  readonly #onError: (error: unknown) => void;
  #kept: Outgoing[] = [];
  /** How many were dropped before the first that is kept. */
  #dropped = 0;
  /** By each place: the number of the event behind it. */
  #behind = new Map<string, number>();
  #framed = new Map<string, Stretch>();
  #last: string | undefined;
  #readers = 0;
  #isFollowing = false;
  #more = Promise.withResolvers<void>();
  #called = Promise.withResolvers<void>();

  constructor({ log, clock, origin, onError }: TailOptions) {
    this.#log = log;
    this.#clock = clock;
    this.#origin = origin;
    this.#onError = onError;
  }

  /** Somebody follows. The returned function says that they no longer do. */
  join(): () => void {
    this.#readers += 1;
    if (!this.#isFollowing) void this.#follow();
    return () => {
      this.#readers -= 1;
      if (this.#readers === 0) this.#called.resolve();
    };
  }

  /** Resolves with the next events; ask for it before looking for events. */
  get more(): Promise<void> {
    return this.#more.promise;
  }

  /** The events behind a place, at most a page of them. @throws CursorGone, Unavailable */
  async read(after: string, limit = PAGE): Promise<Outgoing[]> {
    const from = this.#placeOf(after);
    if (from < 0) return (await this.#log.read(after, limit)).map(this.#outgoing);
    return this.#kept.slice(from, from + limit);
  }

  /** The same as server-sent events, undefined where there are none. Who follows closely shares the bytes. */
  async stretch(after: string, scope: Scope): Promise<Stretch | undefined> {
    const name = `${after} ${scope.key}`;
    const shared = this.#framed.get(name);
    if (shared) return shared;
    const isClose = this.#placeOf(after) >= 0;
    const events = await this.read(after);
    const next = events.at(-1)?.cursor;
    if (next === undefined) return undefined;
    const text = events.map((each) => frameOf(each, scope)).join('');
    const stretch = { next, frames: Buffer.from(text) };
    if (isClose) this.#framed.set(name, stretch);
    return stretch;
  }

  #outgoing = ({ cursor, event }: LoggedEvent): Outgoing => ({
    cursor,
    event: outerForm(event, this.#origin),
  });

  /** Among those that are kept; negative for a place before them, or one that is not known. */
  #placeOf = (cursor: string) => (this.#behind.get(cursor) ?? -1) - this.#dropped;

  async #follow() {
    this.#isFollowing = true;
    const stop = this.#log.onMore(() => this.#called.resolve());
    while (this.#readers > 0) {
      try {
        this.#called = Promise.withResolvers();
        if (this.#last === undefined) {
          this.#last = (await this.#log.ends()).newest;
          // What came since a reader looked is not told again.
          this.#wake();
        }
        const read = await this.#log.read(this.#last, PAGE);
        if (read.length === 0) await this.#pause(LOOK_EVERY_MS, this.#called.promise);
        else {
          this.#append(read.map(this.#outgoing));
          await this.#pause(TOGETHER_MS);
        }
      } catch (error) {
        // The log was begun anew, or went on without this process: each reader finds out for itself.
        if (error instanceof CursorGone) this.#forget();
        else this.#onError(error);
        await this.#pause(LOOK_EVERY_MS);
      }
    }
    stop();
    this.#forget();
    this.#isFollowing = false;
  }

  #append(events: Outgoing[]) {
    let number = this.#dropped + this.#kept.length;
    this.#behind.set(this.#last as string, number);
    for (const { cursor } of events) {
      number += 1;
      this.#behind.set(cursor, number);
    }
    this.#kept.push(...events);
    this.#last = events.at(-1)?.cursor;
    this.#framed = new Map();
    const surplus = this.#kept.length - MOST_KEPT;
    for (const { cursor } of this.#kept.splice(0, Math.max(surplus, 0))) {
      this.#dropped += 1;
      this.#behind.delete(cursor);
    }
    this.#wake();
  }

  #forget() {
    this.#kept = [];
    this.#behind = new Map();
    this.#framed = new Map();
    this.#last = undefined;
    this.#dropped = 0;
    this.#wake();
  }

  #wake() {
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }

  #pause(ms: number, sooner?: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(ms, resolve);
    void sooner?.then(() => {
      cancel();
      resolve();
    });
    return promise;
  }
}

const frameOf = ({ cursor, event }: Outgoing, scope: Scope) =>
  event && scope.has(event.type) ? `id: ${cursor}\ndata: ${JSON.stringify(event)}\n\n` : '';
