import type { AnyEvent } from '@fairseat/common/events';
import type { Clock } from '@fairseat/common/ports';

export interface Unsent {
  recordId: string;
  events: AnyEvent[];
}

export interface Sent {
  recordId: string;
  eventId: string;
}

/** A table that saves events together with their record, until they are published. */
export interface Outbox {
  unsent(limit: number): Promise<Unsent[]>;
  clear(sent: Sent[]): Promise<void>;
}

interface RelayOptions {
  clock: Clock;
  /** Resolves once the event is durable on the bus; the same event may be published more than once. */
  publish: (event: AnyEvent) => Promise<void>;
  onError: (error: unknown) => void;
}

const SCAN_INTERVAL_MS = 1000;
/** An event that has waited longer was left behind, by this process or by one that is gone. */
const LEFT_BEHIND_MS = 2000;
const MAX_UNDERWAY = 2000;
const BATCH = 500;

/**
 * Publishes events from the documents that they were saved in, then removes them there. Writes of this process are
 * passed to it. Events left behind after a crash, or while the bus was away, are found by a scan each second.
 */
export class Relay {
  readonly #options: RelayOptions;
  /** Each table with the unsent events that the last scan found there. */
  readonly #outboxes = new Map<Outbox, Set<string>>();
  readonly #underway = new Map<string, Promise<boolean>>();
  readonly #clears = new Map<Outbox, (sent: Sent) => Promise<void>>();
  #cancelScan = () => {};
  #scanning = Promise.resolve();
  #running = false;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /** Scans this table too from now on. */
  watch(outbox: Outbox) {
    this.#outboxes.set(outbox, new Set());
  }

  /** Publishes events that have just been saved. Those beyond the limit are left to the next scan. */
  tell(outbox: Outbox, recordId: string, events: AnyEvent[]) {
    for (const event of events) {
      if (this.#underway.size < MAX_UNDERWAY) void this.#send(outbox, recordId, event);
    }
  }

  start() {
    this.#running = true;
    this.#scanLater();
  }

  /** Resolves once no event is being published. */
  async stop() {
    this.#running = false;
    this.#cancelScan();
    await this.#scanning;
    await this.settled();
  }

  /** Stops at once, as a killed process would. */
  crash() {
    this.#running = false;
    this.#cancelScan();
  }

  async settled() {
    while (this.#underway.size > 0) await Promise.all(this.#underway.values());
  }

  #scanLater() {
    if (!this.#running) return;
    this.#cancelScan = this.#options.clock.after(SCAN_INTERVAL_MS, () => {
      this.#scanning = this.#scan()
        .catch(this.#options.onError)
        .then(() => this.#scanLater());
    });
  }

  async #scan() {
    for (const [outbox, before] of this.#outboxes) {
      for (let more = true; more && this.#running; ) {
        const page = await outbox.unsent(BATCH);
        const found = page.flatMap(({ recordId, events }) =>
          events.map((event) => ({ recordId, event })),
        );
        const left = found.filter(({ event }) => this.#isLeftBehind(event, before));
        this.#outboxes.set(outbox, new Set(found.map(({ event }) => event.id)));
        const outcomes = await Promise.all(
          left.map(({ recordId, event }) => this.#send(outbox, recordId, event)),
        );
        more = page.length === BATCH && outcomes.includes(true);
      }
    }
  }

  /** True when two scans saw it, or it is old. Clocks of replicas may differ, but sending it twice does no harm. */
  #isLeftBehind({ id, time }: AnyEvent, before: Set<string>): boolean {
    if (this.#underway.has(id)) return false;
    return before.has(id) || Date.parse(time) < this.#options.clock.now() - LEFT_BEHIND_MS;
  }

  /** Returns true once the event is published and removed. */
  #send(outbox: Outbox, recordId: string, event: AnyEvent): Promise<boolean> {
    const sending = this.#options
      .publish(event)
      .then(() => this.#clear(outbox, { recordId, eventId: event.id }))
      .then(
        () => true,
        (error) => {
          this.#options.onError(error);
          return false;
        },
      )
      .finally(() => this.#underway.delete(event.id));
    this.#underway.set(event.id, sending);
    return sending;
  }

  #clear(outbox: Outbox, sent: Sent): Promise<void> {
    const clear = this.#clears.get(outbox) ?? inGroups<Sent>((group) => outbox.clear(group));
    this.#clears.set(outbox, clear);
    return clear(sent);
  }
}

/** Items that come while one group is being handled form the next group. */
function inGroups<T>(handle: (group: T[]) => Promise<void>): (item: T) => Promise<void> {
  let waiting: T[] = [];
  let current: Promise<unknown> = Promise.resolve();
  let next: Promise<void> | undefined;
  return (item) => {
    waiting.push(item);
    next ??= current.then(() => {
      const handled = handle(waiting);
      waiting = [];
      next = undefined;
      current = handled.catch(() => {});
      return handled;
    });
    return next;
  };
}
