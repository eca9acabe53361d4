/** The delivery policy: what follows when a handler has thrown, and after how long. The same on every platform. */
import { DuplicateKey, NotYet, Unavailable, VersionConflict } from '@fairseat/common/errors';
import { type AnyEvent, type EventType, parseEvent } from '@fairseat/common/events';
import type { Delivery, Handlers } from '@fairseat/common/ports';

export interface DeliveryTiming {
  /** The delay of an event that a handler put off (`NotYet`). */
  deferMs: number;
  /** The first pause after a failure; each further one is twice as long. */
  backoffMs: number;
  /** After so many failures an event becomes a dead letter. */
  maxFailures: number;
}

export const timingOf = ({
  deferMs = 100,
  backoffMs = 100,
  maxFailures = 8,
}: Partial<DeliveryTiming>): DeliveryTiming => ({ deferMs, backoffMs, maxFailures });

/** An event that its process was silent about for this long is delivered to another. */
export const ACK_WAIT_MS = 5000;
/** The pause before the next try of work that found an engine away. */
export const UNAVAILABLE_PAUSE_MS = 250;
export const LONGEST_BACKOFF_MS = 30_000;
/** This many conflicts in a row count as one failure. */
const MAX_CONFLICTS = 100;

/** How long events are kept, and dead letters. */
export const keptMs = (eventsKeptDays = 30) => eventsKeptDays * 24 * 60 * 60 * 1000;
/** So many dead letters are kept, the newest: what a handler that fails for days leaves behind must not fill the disk. */
export const DEAD_LETTERS_KEPT = 10_000;
/** `deadLetters` returns this many, the oldest. */
export const MAX_DEAD_LETTERS = 100;
/** An alarm whose handler failed fires again after this time. */
export const RING_AGAIN_MS = 1000;

/** The unsuccessful attempts of one group at one event. */
export interface Counts {
  /** In a row. */
  conflicts: number;
  failures: number;
}

export type Next = Counts &
  (
    | { kind: 'again' }
    /** An engine is away: the next attempt is after `forMs`. */
    | { kind: 'pause'; forMs: number }
    /** Put off, which is no failure, or failed: the event is delivered again after `forMs`. */
    | { kind: 'defer' | 'retry'; forMs: number }
    | { kind: 'dead' }
  );

/** Decides what follows when a handler has thrown. */
export function afterError(
  error: unknown,
  { conflicts, failures }: Counts,
  timing: DeliveryTiming,
): Next {
  // The record changed between decision and write: decide again on its present state.
  if (isConflict(error) && conflicts + 1 < MAX_CONFLICTS) {
    return { kind: 'again', conflicts: conflicts + 1, failures };
  }
  if (error instanceof Unavailable) {
    return { kind: 'pause', forMs: UNAVAILABLE_PAUSE_MS, conflicts, failures };
  }
  if (error instanceof NotYet) {
    return { kind: 'defer', forMs: timing.deferMs, conflicts: 0, failures };
  }
  return afterFailure(failures + 1, timing);
}

/** The same, for an event with this many failures. */
export function afterFailure(failures: number, { backoffMs, maxFailures }: DeliveryTiming): Next {
  if (failures >= maxFailures) return { kind: 'dead', conflicts: 0, failures };
  const forMs = Math.min(backoffMs * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
  return { kind: 'retry', forMs, conflicts: 0, failures };
}

const isConflict = (error: unknown) =>
  error instanceof VersionConflict || error instanceof DuplicateKey;

export type Handler = (event: AnyEvent, delivery: Delivery) => Promise<void>;

export const handlerOf = (handlers: Handlers, type: EventType) =>
  handlers[type] as Handler | undefined;

/**
 * Whether a body names a type that this group has no handler for, be it one that this version does not know. That is
 * no failure, whatever else the body holds.
 */
export function isForOthers(handlers: Handlers, body: string): boolean {
  const type = (asJson(body) as { type?: unknown } | null)?.type;
  return typeof type === 'string' && !Object.hasOwn(handlers, type);
}

/** Undefined when it holds no event: then handling it fails, and tells why. */
export function asEvent(body: string): AnyEvent | undefined {
  try {
    return parseEvent(JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** Returns a dead letter's body for display, which may not even be JSON. */
export function asJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
