/**
 * The catalogue of events. Each is defined once, beside the record that it carries (`contracts/`): the schema is the
 * TypeScript type and the runtime check.
 *
 * The envelope is CloudEvents 1.0. `data` is the record's whole public state after the change, so that a
 * reader can keep a replica by taking the highest `version`.
 */
import { z } from 'zod';
import type { chargeEvents } from './contracts/charge.ts';
import type { expirationEvents } from './contracts/expiration.ts';
import type { orderEvents } from './contracts/order.ts';
import type { sessionEvents } from './contracts/session.ts';
import type { ticketEvents } from './contracts/ticket.ts';
import './contracts/charge.ts';
import './contracts/expiration.ts';
import './contracts/order.ts';
import './contracts/session.ts';
import './contracts/ticket.ts';
import { definitions, type PayloadsOf } from './define-events.ts';

export {
  defineEvents,
  type EventDefinitions,
  nounOf,
  type PayloadsOf,
  TRACEPARENT,
} from './define-events.ts';

/**
 * What each event carries, by its type. The type is also its subject on the bus.
 * A service outside this repository adds its own by declaration merging:
 * `declare module '@fairseat/common/events' { interface EventPayloads extends PayloadsOf<typeof auditEvents> {} }`
 */
export interface EventPayloads
  extends PayloadsOf<typeof ticketEvents>,
    PayloadsOf<typeof orderEvents>,
    PayloadsOf<typeof expirationEvents>,
    PayloadsOf<typeof chargeEvents>,
    PayloadsOf<typeof sessionEvents> {}

export type EventType = keyof EventPayloads;
export type EventData<T extends EventType> = EventPayloads[T];

/** Every type that has been defined by now. */
export const eventTypes = () => [...definitions.keys()] as EventType[];

export const isEventType = (type: string): type is EventType => definitions.has(type);

/** The service that publishes events of this type. */
export const publisherOf = (type: EventType): string => definitionOf(type).service;

/** An event in its CloudEvents envelope. */
export interface Event<T extends EventType = EventType> {
  specversion: '1.0';
  /** Unique for each publication: the same fact published again has another id. */
  id: string;
  source: string;
  type: T;
  /** The id of the record that changed. */
  subject: string;
  time: string;
  /** The record's version after the change. */
  version: number;
  /** The story this event belongs to: the same from a request through all that follows from it. */
  correlationid: string;
  /** W3C trace context. */
  traceparent: string;
  data: EventData<T>;
}

/** Any event, told apart by `type`. */
export type AnyEvent = { [T in EventType]: Event<T> }[EventType];

/** An event that does not fit its schema. */
export class InvalidEvent extends Error {
  override name = 'InvalidEvent';
}

/**
 * Checks the payload of an event and returns it, fields it does not have left out.
 * @throws InvalidEvent naming what does not fit.
 */
export function parseEventData<T extends EventType>(type: T, data: unknown): EventData<T> {
  return checked(type, definitionOf(type).payload, data) as EventData<T>;
}

/**
 * Checks that a value is an event of this catalogue and returns it, fields it does not know left out.
 * @throws InvalidEvent naming what does not fit.
 */
export function parseEvent(value: unknown): AnyEvent {
  const type = String((value as { type?: unknown } | null)?.type);
  return checked(type, definitionOf(type).envelope, value) as AnyEvent;
}

function definitionOf(type: string) {
  const definition = definitions.get(type);
  if (!definition) throw new InvalidEvent(`Unknown event type: ${type}`);
  return definition;
}

function checked(type: string, schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (!result.success) throw new InvalidEvent(`${type}: ${z.prettifyError(result.error)}`);
  return result.data;
}
