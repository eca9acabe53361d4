import type { OuterEvent } from '@fairseat/common/contracts/feed';
import { CursorGone, VersionConflict } from '@fairseat/common/errors';
import type { Log, ServiceContext } from '@fairseat/common/kit';
import type { Clock, Entry, EventLog, Registry } from '@fairseat/common/ports';
import {
  type Delivering,
  type Endpoint,
  endpointsIn,
  noteProgress,
  type Progress,
} from './endpoints.ts';
import type { Post } from './post.ts';
import { scopeOf } from './scope.ts';
import type { Tail } from './tail.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** The waits after each failure, as Standard Webhooks has them: three days in all. */
const WAITS = [
  ...[5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR],
  ...[5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR],
];
const LONGEST_WAIT = 24 * HOUR;
const GIVEN_UP_AFTER_MS = 72 * HOUR;
const GONE = 410;
/** Only one process delivers, until that long after it was last heard of. */
const LEASE_MS = 10 * SECOND;
const NOTE_EVERY_MS = 5 * SECOND;
const LOOK_EVERY_MS = 250;
const LEASE = 'lease';

interface Options {
  registry: Registry;
  log: EventLog;
  tail: Tail;
  clock: Clock;
  newId: () => string;
  post: Post;
  logger: Log;
  trouble: ServiceContext['trouble'];
}

/** Sends events to the endpoints that operators have named: to each in the order of the log, one after the other. */
export class Deliveries {
  readonly #options: Options;
  readonly #me: string;
  readonly #stopWatching: () => void;
  #entries: Entry[] | undefined;
  #latest = new Map<string, Endpoint>();
  #leaseUntil = 0;
  /** Those under way, by name. */
  readonly #workers = new Map<string, Promise<void>>();

  constructor(options: Options) {
    this.#options = options;
    this.#me = options.newId();
    this.#stopWatching = options.registry.watch(() => {
      this.#entries = undefined;
    });
  }

  close() {
    this.#stopWatching();
  }

  /** Delivers until it is to stop. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#beginWhatIsDue(stop);
      await this.#pause(stop);
    }
    await Promise.all(this.#workers.values());
    await this.#endLease();
  }

  async #beginWhatIsDue(stop: AbortSignal) {
    const entries = await this.#read();
    const endpoints = endpointsIn(entries);
    this.#latest = new Map(endpoints.map(({ endpoint }) => [endpoint.name, endpoint]));
    if (endpoints.length === 0 || !(await this.#holdsLease(entries))) return;
    for (const each of endpoints) this.#begin(each, stop);
  }

  #pause(stop: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(LOOK_EVERY_MS, resolve);
    const onStop = () => resolve();
    stop.addEventListener('abort', onStop, { once: true });
    return promise.finally(() => {
      cancel();
      stop.removeEventListener('abort', onStop);
    });
  }

  async #read(): Promise<Entry[]> {
    // A change while it is read is read the next time.
    const entries = this.#entries ?? (await this.#options.registry.list());
    this.#entries = entries;
    return entries;
  }

  async #holdsLease(entries: Entry[]): Promise<boolean> {
    const { registry, clock } = this.#options;
    const now = clock.now();
    if (this.#leaseUntil - now > LEASE_MS / 2) return true;
    const entry = entries.find(({ key }) => key === LEASE);
    const lease = entry?.value as { holder: string; until: number } | undefined;
    if (lease && lease.holder !== this.#me && lease.until > now) return false;
    try {
      const until = now + LEASE_MS;
      await registry.put(LEASE, { holder: this.#me, until }, entry?.revision ?? 0);
      this.#leaseUntil = until;
      return true;
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
      this.#entries = undefined;
      return false;
    }
  }

  /** So that another need not wait for its end. */
  async #endLease() {
    const { registry, clock, logger } = this.#options;
    if (this.#leaseUntil <= clock.now()) return;
    await registry.remove(LEASE).catch((err) => logger.warn({ err }, 'the lease is left to end'));
  }

  #begin(delivering: Delivering, stop: AbortSignal) {
    const { endpoint, progress } = delivering;
    const isNew = progress?.begunAt !== endpoint.begin.at;
    const waits = Date.parse(progress?.nextAt ?? '') > this.#options.clock.now();
    if (this.#workers.has(endpoint.name) || (!isNew && (progress?.disabledAt || waits))) return;
    const work = this.#deliver(delivering, stop)
      .catch((err) => {
        this.#entries = undefined;
        if (err instanceof VersionConflict) return;
        this.#options.logger.warn(
          { err, endpoint: endpoint.name },
          'not delivered, will try again',
        );
      })
      .finally(() => this.#workers.delete(endpoint.name));
    this.#workers.set(endpoint.name, work);
  }

  async #deliver({ endpoint, progress, revision }: Delivering, stop: AbortSignal) {
    const { registry, clock } = this.#options;
    const scope = scopeOf(endpoint.types);
    let state = await this.#beginning(endpoint, progress);
    let noted = revision;
    let notedAt = clock.monotonic();
    const note = async () => {
      if (state === progress) return;
      progress = state;
      notedAt = clock.monotonic();
      noted = await noteProgress(registry, endpoint.name, state, noted);
    };
    if (state.begunAt !== progress?.begunAt) await note();
    for (;;) {
      const read = await this.#behind(endpoint, state, (oldest) => {
        state = { ...state, after: oldest };
      });
      for (const { cursor, event } of read) {
        if (!this.#isStill(endpoint)) return;
        if (stop.aborted) return note();
        if (event && scope.has(event.type)) {
          const failure = await this.#attempt(endpoint, event, stop);
          // Whether it arrived is not known, so it is sent again.
          if (failure && stop.aborted) return note();
          if (failure) {
            state = this.#afterFailure(endpoint, state, failure);
            return note();
          }
        }
        const { begunAt } = state;
        state = { begunAt, after: cursor, failures: 0 };
        if (clock.monotonic() - notedAt > NOTE_EVERY_MS) await note();
      }
      if (read.length === 0) return note();
    }
  }

  /** Where it is, or where its operator has it begin. */
  async #beginning({ begin }: Endpoint, progress: Progress | undefined): Promise<Progress> {
    if (progress?.begunAt === begin.at) return progress;
    const { oldest, newest } = await this.#options.log.ends();
    const places: Record<string, string | undefined> = {
      now: newest,
      oldest,
      here: progress?.after,
    };
    const after = begin.after in places ? (places[begin.after] ?? newest) : begin.after;
    return { begunAt: begin.at, after, failures: 0 };
  }

  async #behind({ name }: Endpoint, { after }: Progress, goOnFrom: (oldest: string) => void) {
    try {
      return await this.#options.tail.read(after);
    } catch (error) {
      if (!(error instanceof CursorGone)) throw error;
      const about = { endpoint: name, after, oldest: error.oldest };
      this.#options.trouble('webhook_missed', 'events for a webhook are no longer kept', about);
      goOnFrom(error.oldest);
      return this.#options.tail.read(error.oldest);
    }
  }

  /** Whether it is this process' task, and the operator has not changed where it is. */
  #isStill({ name, begin }: Endpoint): boolean {
    const isMine = this.#leaseUntil > this.#options.clock.now();
    return isMine && this.#latest.get(name)?.begin.at === begin.at;
  }

  /** Answers why it failed, if it did. */
  async #attempt(
    endpoint: Endpoint,
    event: OuterEvent,
    stop: AbortSignal,
  ): Promise<Failure | undefined> {
    const { clock, post } = this.#options;
    const sentAt = clock.now();
    const { secrets, url } = this.#latest.get(endpoint.name) ?? endpoint;
    const valid = secrets.filter(({ until }) => until === undefined || Date.parse(until) > sentAt);
    const message = {
      id: event.id,
      body: JSON.stringify(event),
      sentAt,
      secrets: valid.map(({ secret }) => secret),
    };
    try {
      const status = await post(url, message, stop);
      if (status >= 200 && status < 300) return undefined;
      return { reason: `answered ${status}`, isGone: status === GONE };
    } catch (error) {
      return { reason: (error as Error).message, isGone: false };
    }
  }

  #afterFailure({ name }: Endpoint, state: Progress, { reason, isGone }: Failure): Progress {
    const { clock, logger, trouble } = this.#options;
    const now = clock.now();
    const time = new Date(now).toISOString();
    const failingSince = state.failingSince ?? time;
    const failed = { ...state, failingSince, reason, failures: state.failures + 1 };
    if (isGone || now - Date.parse(failingSince) >= GIVEN_UP_AFTER_MS) {
      trouble('webhook_disabled', 'a webhook has failed for too long', { endpoint: name, reason });
      return { ...failed, disabledAt: time };
    }
    logger.warn({ endpoint: name, reason }, 'a webhook failed, will try again');
    const waitMs = WAITS[state.failures] ?? LONGEST_WAIT;
    return { ...failed, nextAt: new Date(now + waitMs).toISOString() };
  }
}

interface Failure {
  reason: string;
  /** The receiver wants no more. */
  isGone: boolean;
}
