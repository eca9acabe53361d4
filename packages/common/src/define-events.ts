import { z } from 'zod';
import { idSchema, timeSchema } from './contracts/shared.ts';
import { asSaved, asSavedByOwner, openSchema } from './open-schema.ts';

/** A `traceparent` of W3C trace context, version 00. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The schema of each event's `data`, by its type: a noun and a past participle, such as `ticket.sold`. */
type Payloads = Record<`${string}.${string}`, z.ZodType>;

/** The events of one service; no other service publishes them. */
export interface EventDefinitions<P = Payloads> {
  readonly service: string;
  readonly types: readonly string[];
  readonly payloads: P;
}

/** The `data` of each event, as it is published, as a TypeScript type. */
export type PayloadsOf<D> =
  D extends EventDefinitions<infer P> ? { [T in keyof P]: z.infer<P[T]> } : never;

interface Definition {
  service: string;
  /** The property of `data` that has the event's subject. */
  subject: string;
  /** For what this process publishes of its records, which a newer release beside it may have written. */
  payload: z.ZodType;
  /** Strict. */
  envelope: z.ZodType;
  /** Open, for what it reads, which a newer release may have published. */
  readEnvelope: z.ZodType;
  /** Open too, for what its own service takes back. */
  ownEnvelope: z.ZodType;
}

/** All events defined in this process, by type. */
export const definitions = new Map<string, Definition>();

/** The noun of an event type: `ticket` in `ticket.sold`. */
export const nounOf = (type: string) => type.split('.')[0] as string;

/**
 * Defines the events of a service, which every bus of this process then accepts and checks. Their subject is the id of
 * the record that changed, which `data` has as `subject`: a charge and an alarm are kept under the id of their order.
 * @throws Error when another service has defined an event of the same noun: a noun has one publisher.
 */
export function defineEvents<const P extends Payloads>(
  service: string,
  payloads: P,
  subject = 'id',
): EventDefinitions<P> {
  for (const [type, data] of Object.entries(payloads)) {
    for (const [other, { service: owner }] of definitions) {
      if (owner === service || nounOf(other) !== nounOf(type)) continue;
      throw new Error(`${service} cannot define ${type}: ${owner} defines ${other}`);
    }
    const payload = openSchema(data, asSavedByOwner);
    const envelope = envelopeOf(service, type, data);
    const readEnvelope = envelopeOf(service, type, openSchema(data));
    const ownEnvelope = envelopeOf(service, type, openSchema(data, asSaved));
    definitions.set(type, { service, subject, payload, envelope, readEnvelope, ownEnvelope });
  }
  return { service, types: Object.keys(payloads), payloads };
}

/** CloudEvents 1.0 with the extensions `version` and `correlationid`, and those of distributed tracing. */
const envelopeOf = (service: string, type: string, data: z.ZodType) =>
  z.object({
    specversion: z.literal('1.0'),
    id: idSchema,
    source: z.literal(service),
    type: z.literal(type),
    subject: idSchema,
    time: timeSchema,
    version: z.int().positive(),
    correlationid: z.string().min(1).max(64),
    traceparent: z.string().regex(TRACEPARENT),
    tracestate: z.string().optional(),
    data,
  });
