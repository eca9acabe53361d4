import type { ServerResponse } from 'node:http';
import { FEED_BEAT_SECONDS } from '@fairseat/common/contracts/feed';
import { CursorGone, noKey, tooManyRequests, Unavailable } from '@fairseat/common/errors';
import type { Clock } from '@fairseat/common/ports';
import type { Key } from './keys.ts';
import type { Scope } from './scope.ts';
import type { Tail } from './tail.ts';

/** In one process. Each costs a connection and little else. */
const MAX_LISTENERS = 1000;
const TRY_AGAIN_SECONDS = 10;
const BEAT_MS = FEED_BEAT_SECONDS * 1000;
/** A reader that takes nothing for so long is cut off. It goes on where it was with its next connection. */
const LONGEST_STALL_MS = 60_000;
const AGAIN_MS = 1000;

interface Options {
  tail: Tail;
  clock: Clock;
  /** The most listeners of one key; undefined for any number. */
  mostByKey: number | undefined;
}

/** One who waits for events, by a stream or for a page. */
interface Listener {
  key: Key;
  end: () => void;
  beat: () => void;
}

/** All who wait for events here. */
export class Listeners {
  readonly #options: Options;
  readonly #listeners = new Set<Listener>();
  #isClosed = false;
  #isEnded = (_key: Key) => false;

  constructor(options: Options) {
    this.#options = options;
  }

  get count() {
    return this.#listeners.size;
  }

  /** @throws Problem (429) when the key has as many listeners as it may, Unavailable when this process has. */
  admit(key: Key) {
    if (this.#isClosed || this.#listeners.size >= MAX_LISTENERS) {
      throw new Unavailable('no more listeners here');
    }
    const { mostByKey = Number.POSITIVE_INFINITY } = this.#options;
    const own = [...this.#listeners].filter((listener) => listener.key.name === key.name);
    if (own.length < mostByKey) return;
    const detail = `This key has ${mostByKey} listeners already. Close one, or ask for another key.`;
    throw tooManyRequests(detail, TRY_AGAIN_SECONDS);
  }

  /** Ends those whose key has ended. */
  endThose(isEnded: (key: Key) => boolean) {
    this.#isEnded = isEnded;
    for (const { key, end } of this.#listeners) if (isEnded(key)) end();
  }

  /** Shows those who have heard nothing for a while that they are heard of. */
  beat() {
    for (const { beat } of this.#listeners) beat();
  }

  /** Ends all, and admits no more. */
  close() {
    this.#isClosed = true;
    this.endThose(() => true);
  }

  /**
   * Looks again with each event until something is found or the time is over.
   * @throws Problem (401) when the key ends meanwhile, and as `admit`.
   */
  async wait<T>(key: Key, longestMs: number, look: () => Promise<T | undefined>) {
    this.admit(key);
    const { tail, clock } = this.#options;
    const over = Promise.withResolvers<void>();
    let why: 'time' | 'ended' | undefined;
    const end = (because: typeof why) => {
      why ??= because;
      over.resolve();
    };
    const listener: Listener = { key, end: () => end('ended'), beat() {} };
    this.#add(listener);
    const leave = tail.join();
    const cancel = clock.after(longestMs, () => end('time'));
    try {
      while (why === undefined) {
        const { more } = tail;
        const found = await look();
        if (found !== undefined) return found;
        await Promise.race([more, over.promise]);
      }
      if (why === 'ended') throw noKey();
      return undefined;
    } finally {
      cancel();
      leave();
      this.#listeners.delete(listener);
    }
  }

  /** Writes events as they come, no faster than they are taken, until the reader leaves or the key ends. */
  async stream(raw: ServerResponse, key: Key, scope: Scope, after: string): Promise<void> {
    const { tail, clock } = this.#options;
    const over = Promise.withResolvers<void>();
    let isOver = false;
    let cursor = after;
    let toldAt = clock.monotonic();
    const listener: Listener = {
      key,
      end: () => {
        isOver = true;
        over.resolve();
      },
      beat: () => {
        if (isOver || raw.writableNeedDrain || clock.monotonic() < toldAt + BEAT_MS) return;
        toldAt = clock.monotonic();
        raw.write(`: beat\nid: ${cursor}\n\n`);
      },
    };
    this.#add(listener);
    const leave = tail.join();
    raw.once('close', listener.end);
    try {
      while (!isOver) {
        const { more } = tail;
        const stretch = await this.#stretch(cursor, scope);
        if (stretch === undefined) await Promise.race([more, over.promise]);
        else {
          cursor = stretch.next;
          if (stretch.frames.length === 0 || isOver) continue;
          toldAt = clock.monotonic();
          if (!raw.write(stretch.frames)) await this.#drained(raw, over.promise);
        }
      }
    } catch (error) {
      if (!(error instanceof CursorGone)) throw error;
      raw.write(`event: gone\ndata: ${JSON.stringify({ oldest: error.oldest })}\n\n`);
    } finally {
      leave();
      this.#listeners.delete(listener);
      raw.end();
    }
  }

  /** Its key may have ended since it was shown. */
  #add(listener: Listener) {
    this.#listeners.add(listener);
    if (this.#isEnded(listener.key)) listener.end();
  }

  /** While the log cannot be read, a stream stays open and waits. */
  async #stretch(cursor: string, scope: Scope) {
    const { tail, clock } = this.#options;
    try {
      return await tail.stretch(cursor, scope);
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      const { promise, resolve } = Promise.withResolvers<void>();
      clock.after(AGAIN_MS, resolve);
      await promise;
      return { next: cursor, frames: Buffer.alloc(0) };
    }
  }

  async #drained(raw: ServerResponse, over: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(LONGEST_STALL_MS, () => raw.destroy());
    raw.once('drain', resolve);
    await Promise.race([promise, over]);
    cancel();
    raw.off('drain', resolve);
  }
}
