/** The ports: what a service may ask of the platform it runs on. Every platform passes the same contract suites. */
import type { AnyEvent, EventType } from './events.ts';
import type { NextAction, Stored } from './records.ts';

export type { Stored };

/** How a service's table is kept. Every function is pure; `null` leaves the record out of that key or index. */
export interface TableDefinition<R extends Stored> {
  name: string;
  /** No two records have the same value. */
  unique?: Record<string, (record: R) => string | null>;
  /** The same for a record that has several values of one kind: no two records share any. */
  uniqueEach?: Record<string, (record: R) => string[]>;
  /** For `find` (text) and `due` (milliseconds since the epoch). */
  indexes?: Record<string, (record: R) => string | number | null>;
  /** Whether `find` is also asked for all records, without a condition; a table that is not asked keeps no index for it. */
  listed?: boolean;
  /** The text that `find` searches, see `wordsOf`. */
  text?: (record: R) => string | null;
  /** When the record may be forgotten, in milliseconds since the epoch. */
  forgetAt?: (record: R) => number;
}

export interface Query {
  /** Index values that must all be met. */
  where?: Record<string, string>;
  /** Words that must all be in the text, whole, whatever their case or accents. */
  words?: string;
  /** The `nextCursor` of the page before. */
  cursor?: string;
  limit: number;
}

/** A page may be shorter than its limit although more follows: `nextCursor` alone tells. */
export interface Page<R> {
  records: R[];
  nextCursor: string | null;
}

/**
 * One service's records of one kind. State and the events that leave with it are saved in one atomic write:
 * all or nothing, durable once the promise resolves.
 * All methods throw `Unavailable` when the engine cannot be reached or cannot save.
 */
export interface Table<R extends Stored> {
  get(id: string): Promise<R | undefined>;
  getByKey(key: string, value: string): Promise<R | undefined>;
  /** @throws DuplicateKey when the id or a unique key is taken. */
  insert(record: R, events?: AnyEvent[]): Promise<void>;
  /**
   * Compare-and-set: `next` takes the place of `current` if that is still the saved version.
   * @throws VersionConflict when it is not, DuplicateKey when a unique key is taken.
   */
  replace(current: R, next: R, events?: AnyEvent[]): Promise<void>;
  /** Keeps a copy of another service's record: saved if none or only an older version is here. */
  keepNewest(record: R): Promise<void>;
  /** Newest first. @throws Problem (400) when the cursor is malformed. */
  find(query: Query): Promise<Page<R>>;
  /** Records whose index value is at most `upTo`, lowest first. */
  due(index: string, upTo: number, limit: number): Promise<R[]>;
}

export interface Delivery {
  /** 1 at first, one more each time the event is delivered again to this consumer. */
  attempt: number;
}

export type Handlers = {
  [T in EventType]?: (event: Extract<AnyEvent, { type: T }>, delivery: Delivery) => Promise<void>;
};

/** Events of one process on their way to the others: at least once, in any order, also after a restart. */
export interface Bus {
  /**
   * Every event of the handled types, from the first ever saved, to one of this group's processes.
   * A handler that throws `NotYet` gets the event again soon; one that throws anything else gets it again
   * with growing delay and, after a bounded number of tries, it becomes a dead letter.
   * A handler writes each record at most once.
   */
  consume(group: string, handlers: Handlers): void;
  /** Says an event that belongs to no record. Resolves once it is durable. */
  publish(event: AnyEvent): Promise<void>;
  /**
   * Every event from now on, to every process, for live views; never waits for the listener. In any order and perhaps
   * twice, as one that is sent again when its sender could not know that it had arrived. `onGap` is called when some may
   * have been lost, as while the broker was away.
   */
  watch(listener: (event: AnyEvent) => void, onGap?: () => void): () => void;
  /**
   * Names how a service says every record's state again, for when what it has said was lost with the broker. Where events
   * lie with the records, it is never called.
   */
  onLoss(service: string, sayAgain: () => Promise<void>): void;
  /** What groups have given up on: the oldest, at most 100. */
  deadLetters(): Promise<DeadLetter[]>;
  /** How many events each group has yet to handle, and how many it has given up on. */
  backlog(): Promise<{ group: string; events: number; dead: number }[]>;
}

export interface DeadLetter {
  group: string;
  /** As it was saved, which may not be an event at all. */
  event: unknown;
  reason: string;
  /** When it was given up, ISO 8601. */
  diedAt: string;
}

/** Alarms that survive a restart. Each fires once or more, at or after its moment, never before. */
export interface Timers {
  /** Sets or moves the alarm of this key. `at` in milliseconds since the epoch. */
  set(key: string, at: number): Promise<void>;
  drop(key: string): Promise<void>;
  /** The alarm is dropped when the handler has returned, and rings again later when it throws. */
  onFire(handler: (key: string) => Promise<void>): void;
}

/** A payment at the gateway, in Stripe's terms a PaymentIntent. */
export interface GatewayPayment {
  id: string;
  status: 'unconfirmed' | 'requires_action' | 'processing' | 'succeeded' | 'cancelled';
  /** Amount in minor units that was or will be taken. */
  amount: number;
  /** Set when the last confirmation was declined; the payment is then `unconfirmed` again. */
  decline?: { code: string; message: string };
  nextAction?: NextAction;
  /** Set once the money was given back. */
  refundId?: string;
}

/**
 * Takes the money. Every call is idempotent by its key: the same key answers as the first time and acts once.
 * All methods throw `Unavailable` when the outcome is unknown: ask again with the same key, or `find`.
 */
export interface PaymentGateway {
  /** True when no real money moves. */
  readonly testMode: boolean;
  /** Prepares a payment that takes no money yet. */
  open(payment: {
    key: string;
    orderId: string;
    amount: number;
    currency: string;
  }): Promise<GatewayPayment>;
  /** Tries to take the money with this payment method. A decline is an answer, not an error. */
  confirm(paymentId: string, token: string, key: string): Promise<GatewayPayment>;
  find(paymentId: string): Promise<GatewayPayment>;
  /** Ends a payment for good; one that has succeeded stays so, as the answer tells. */
  cancel(paymentId: string): Promise<GatewayPayment>;
  refund(paymentId: string, key: string): Promise<{ id: string }>;
}

/** The test gateway's stand-in for the bank's confirmation page. */
export interface TestGateway extends PaymentGateway {
  readonly testMode: true;
  authenticate(paymentId: string, approve: boolean): Promise<GatewayPayment>;
}

/** Counts events per key in a window of time, shared by all replicas of a service. */
export interface RateLimiter {
  /** Counts one more; `retryAfterSeconds` is 0 while within the limit. */
  count(key: string): Promise<{ retryAfterSeconds: number }>;
  /** The same answer without counting. */
  peek(key: string): Promise<{ retryAfterSeconds: number }>;
  /** Takes one back. */
  uncount(key: string): Promise<void>;
  forget(key: string): Promise<void>;
}

/** Time as the platform tells it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after at least this long; the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** What one service gets from its platform. */
export interface Platform {
  clock: Clock;
  /** A new id: 32 hexadecimal digits, sorted by the millisecond they were made in. */
  newId(): string;
  table<R extends Stored>(service: string, definition: TableDefinition<R>): Table<R>;
  bus: Bus;
  timers(service: string): Timers;
  gateway: PaymentGateway | TestGateway;
  rateLimiter(name: string, limit: { count: number; perSeconds: number }): RateLimiter;
  /** Begins deliveries and alarms; call it once all consumers are declared. */
  start(): Promise<void>;
  /** Ends what is in flight and releases everything. */
  close(): Promise<void>;
}
