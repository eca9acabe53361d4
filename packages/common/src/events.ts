/**
 * The catalogue of events. Each is defined once, beside the record that it carries (`contracts/`): the schema is the
 * TypeScript type and the runtime check.
 *
 * The envelope is CloudEvents 1.0. `data` is the record's whole public state after the change, so that a
 * consumer can keep a replica by storing the highest `version`.
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
import { definitions, nounOf, type PayloadsOf } from './define-events.ts';
import type { Open } from './open-schema.ts';

export {
  defineEvents,
  type EventDefinitions,
  nounOf,
  type PayloadsOf,
} from './define-events.ts';
export type { Open } from './open-schema.ts';

/**
 * The `data` of each event as it is published, by its type, which is also its subject on the bus.
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
/** The `data` of an event as its readers get it: `'other'` where an enum has a value that a newer release added. */
export type EventData<T extends EventType> = Open<EventPayloads[T]>;

/** All event types defined in this process so far. */
export const eventTypes = () => [...definitions.keys()] as EventType[];

/** True for the type of a defined event. */
export const isEventType = (type: string): type is EventType => definitions.has(type);

/** The service that publishes events of this type. @throws InvalidEvent when the type is not defined. */
export const publisherOf = (type: EventType): string => definitionOf(type).service;

/**
 * The property of `data` that has the subject of such events, such as `orderId` of a charge, which is kept under the id of its
 * order. @throws InvalidEvent when the type is not defined.
 */
export const subjectOf = (type: EventType): string => definitionOf(type).subject;

/** An event in its CloudEvents envelope. */
export interface Event<T extends EventType = EventType> {
  specversion: '1.0';
  /** Unique for each publication: the same fact published again has another id. */
  id: string;
  /** The service that published it: a reference relative to the marketplace, which `toCloudEvent` resolves. */
  source: string;
  type: T;
  /** The id of the record that changed, which `data` has as well: see `subjectOf`. */
  subject: string;
  /** ISO 8601 in UTC. */
  time: string;
  /** The record's version after the change. */
  version: number;
  /** The correlation id of its story: the same from a request through every event that follows from it. */
  correlationid: string;
  /** W3C trace context. */
  traceparent: string;
  /** The same, of the tracers before us. */
  tracestate?: string;
  data: EventData<T>;
}

/** An event of any type; `type` narrows it. */
export type AnyEvent = { [T in EventType]: Event<T> }[EventType];

/**
 * The event for listeners outside, by the conventions of CloudEvents: `source` is absolute, such as
 * `https://tickets.example/services/orders` of the marketplace at `https://tickets.example`.
 */
export const toCloudEvent = <E extends Pick<AnyEvent, 'source'>>(event: E, origin: string) => ({
  ...event,
  source: new URL(event.source, new URL('/services/', origin)).href,
  datacontenttype: 'application/json',
});

/** An event that does not fit its schema. */
export class InvalidEvent extends Error {
  override name = 'InvalidEvent';
}

/**
 * Checks the `data` of an event that is to be published and returns it without fields that its schema does not have. A
 * value that its enum does not have stays as it is: a newer release has saved it.
 * @throws InvalidEvent that names each field that does not fit.
 */
export function parseEventData<T extends EventType>(type: T, data: unknown): EventPayloads[T] {
  return checked(type, definitionOf(type).payload, data) as EventPayloads[T];
}

/** Checks an event in its envelope, whose values must be known here. @throws InvalidEvent */
export function parseNewEvent(value: unknown): AnyEvent {
  const type = typeOf(value);
  return checked(type, definitionOf(type).envelope, value) as AnyEvent;
}

/**
 * Checks that a value is an event of this catalogue, as this release or a newer one publishes it, and returns it
 * without fields that its schema does not have. In `data`, a value that its enum does not have is read as `'other'`.
 * @throws InvalidEvent that names each field that does not fit.
 */
export function parseEvent(value: unknown): AnyEvent {
  const type = typeOf(value);
  return checked(type, definitionOf(type).readEnvelope, value) as AnyEvent;
}

/**
 * The same for the service that published it, to take back its own records as a newer release has saved them: a value
 * that its enum does not have stays as it is, and a type that is not known counts as another one of its noun, since each
 * carries the record's state. @throws InvalidEvent
 */
export function parseOwnEvent(value: unknown): AnyEvent {
  const published = typeOf(value);
  const isOfNoun = (type: string) => nounOf(type) === nounOf(published);
  const type = isEventType(published) ? published : (eventTypes().find(isOfNoun) ?? published);
  const { ownEnvelope } = definitionOf(type);
  return checked(published, ownEnvelope, { ...(value as object), type }) as AnyEvent;
}

/**
 * The JSON Schema of an event that is to be published, in its envelope. Further properties are allowed, since readers
 * leave out what they do not know. Words for people are left out unless it is to be `described`.
 */
export const jsonSchemaOf = (type: EventType, { described = false } = {}): object =>
  z.toJSONSchema(definitionOf(type).envelope, {
    io: 'input',
    override: ({ jsonSchema }) => described || delete jsonSchema.description,
  });

const typeOf = (value: unknown) => String((value as { type?: unknown } | null)?.type);

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
