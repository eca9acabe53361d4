/**
 * Every event of the marketplace, defined once: the schema is the TypeScript type and the runtime check.
 *
 * The envelope is CloudEvents 1.0. `data` is the record's whole public state after the change, so that a
 * reader can keep a replica by taking the highest `version`.
 */
import { z } from 'zod';
import { chargeSchema, idSchema, orderSchema, ticketSchema } from './records.ts';

type ServiceName = 'auth' | 'tickets' | 'orders' | 'expiration' | 'payments';

/** Why the tickets service would not lock a ticket for an order. */
const refusalSchema = z.object({
  orderId: idSchema,
  reason: z.enum(['reserved', 'sold', 'withdrawn', 'changed', 'expired', 'own_ticket']),
});
export type Refusal = z.infer<typeof refusalSchema>;

/** The payload of each event, by its type. The type is also its subject on the bus. */
const payloads = {
  'ticket.created': ticketSchema,
  'ticket.updated': ticketSchema,
  'ticket.withdrawn': ticketSchema,
  'ticket.reserved': ticketSchema.extend({ orderId: idSchema }),
  'ticket.refused': ticketSchema.extend({ refusal: refusalSchema }),
  'ticket.released': ticketSchema,
  'ticket.sold': ticketSchema.extend({ orderId: idSchema }),
  'order.created': orderSchema,
  'order.awaiting_payment': orderSchema,
  'order.cancelled': orderSchema.extend({ reason: orderSchema.shape.reason.unwrap() }),
  'order.completed': orderSchema,
  'expiration.elapsed': z.object({ orderId: idSchema }),
  'charge.completed': chargeSchema,
  'charge.failed': chargeSchema,
  'charge.refunded': chargeSchema,
  'session.ended': z.object({ sessionId: idSchema, expiresAt: z.iso.datetime() }),
};

export type EventType = keyof typeof payloads;
export type EventData<T extends EventType> = z.infer<(typeof payloads)[T]>;
export const eventTypes = Object.keys(payloads) as EventType[];

export const isEventType = (type: string): type is EventType => Object.hasOwn(payloads, type);

const owners = {
  ticket: 'tickets',
  order: 'orders',
  expiration: 'expiration',
  charge: 'payments',
  session: 'auth',
} as const satisfies Record<string, ServiceName>;

/** The service that publishes events of this type. */
export function publisherOf(type: EventType): ServiceName {
  return owners[type.split('.')[0] as keyof typeof owners];
}

/** An event in its CloudEvents envelope. */
export interface Event<T extends EventType = EventType> {
  specversion: '1.0';
  /** Unique for each saying: the same fact said again has another id. */
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

/** W3C trace context, version 00. */
export const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

const envelopes = Object.fromEntries(
  eventTypes.map((type) => [
    type,
    z.object({
      specversion: z.literal('1.0'),
      id: idSchema,
      source: z.literal(publisherOf(type)),
      type: z.literal(type),
      subject: idSchema,
      time: z.iso.datetime(),
      version: z.int().positive(),
      correlationid: z.string().min(1).max(64),
      traceparent: z.string().regex(TRACEPARENT),
      data: payloads[type],
    }),
  ]),
) as unknown as { [T in EventType]: z.ZodType<Event<T>> };

/** An event that does not fit its schema. */
export class InvalidEvent extends Error {
  override name = 'InvalidEvent';
}

/**
 * Checks the payload of an event and returns it, fields it does not have left out.
 * @throws InvalidEvent naming what does not fit.
 */
export function parseEventData<T extends EventType>(type: T, data: unknown): EventData<T> {
  return checked(type, payloads[type], data) as EventData<T>;
}

/**
 * Checks that a value is an event of this catalogue and returns it, fields it does not know left out.
 * @throws InvalidEvent naming what does not fit.
 */
export function parseEvent(value: unknown): AnyEvent {
  const type = String((value as { type?: unknown } | null)?.type);
  if (!isEventType(type)) throw new InvalidEvent(`Unknown event type: ${type}`);
  return checked(type, envelopes[type], value) as AnyEvent;
}

function checked(type: EventType, schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (!result.success) throw new InvalidEvent(`${type}: ${z.prettifyError(result.error)}`);
  return result.data;
}
