import type { AnyEvent } from '@fairseat/common/events';
import type { Stored } from '@fairseat/common/ports';

/** The engines that a process talks to. */
export type Engine = 'tables' | 'bus' | 'timers' | 'gateway';

/** A fault, by chance or on demand. */
export type Fault =
  | 'unavailable'
  | 'answer lost'
  | 'lost with its process'
  | 'duplicate'
  | 'held back'
  | 'lost for good'
  | 'acknowledgement lost'
  | 'handler stopped'
  | 'handler goes on as a zombie'
  | 'watched event lost'
  | 'alarm late'
  | 'alarm twice'
  | 'outage'
  | 'cut off'
  | 'disk full'
  | 'paused'
  | 'alarms lost'
  | 'bus lost'
  | 'disk refuses';

export type Happening =
  /** A record was saved; `before` is unset when it is new. */
  | {
      kind: 'write';
      table: string;
      before: Stored | undefined;
      after: Stored;
      events: readonly AnyEvent[];
    }
  | { kind: 'forget'; table: string; before: Stored }
  /** A database is as it was: its records by table, and without the events that were saved since and never sent. */
  | {
      kind: 'went back';
      service: string;
      records: Record<string, readonly Stored[]>;
      unsaid: readonly AnyEvent[];
    }
  /** An event of no record is on the bus. Events of records are part of their `write`. */
  | { kind: 'publish'; event: AnyEvent }
  | { kind: 'deliver' | 'handled'; event: AnyEvent; group: string; attempt: number }
  | {
      kind: 'redeliver';
      event: AnyEvent;
      group: string;
      attempt: number;
      reason: string;
      afterMs: number;
    }
  | { kind: 'dead'; event: AnyEvent; group: string; attempt: number; reason: string }
  | { kind: 'alarm'; service: string; key: string; ring: number; dueAt: number }
  /** An alarm was handled, and does not fire again. */
  | { kind: 'rung'; service: string; key: string; ring: number }
  /** The payment gateway was called. `answer` is its answer or refusal, whether or not that arrives. */
  | { kind: 'gateway'; call: string; args: readonly unknown[]; answer: unknown }
  | { kind: 'fault'; what: Fault; where: string }
  /** A platform had an error in background work. */
  | { kind: 'error'; message: string; reason: string }
  | { kind: 'start' | 'stop' | 'crash' };

/** One happening. Plain data: the same run gives the same bytes as JSON. */
export type Entry = {
  /** True virtual time. */
  atMs: number;
  /** The process that it happened to, or the name of an engine. */
  process: string;
  /** The correlation id of the story that it belongs to. */
  story: string | undefined;
} & Happening;
