import { z } from 'zod';
import { idSchema, timeSchema } from './contracts/shared.ts';

/** W3C trace context, version 00. */
export const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What each event carries, by its type: a noun and a past participle, such as `ticket.sold`. */
type Payloads = Record<`${string}.${string}`, z.ZodType>;

/** The events of one service, which nobody else publishes. */
export interface EventDefinitions<P = Payloads> {
  readonly service: string;
  readonly types: readonly string[];
  readonly payloads: P;
}

/** What events carry, as TypeScript types. */
export type PayloadsOf<D> =
  D extends EventDefinitions<infer P> ? { [T in keyof P]: z.infer<P[T]> } : never;

interface Definition {
  service: string;
  payload: z.ZodType;
  envelope: z.ZodType;
}

/** Every event that this process knows of. */
export const definitions = new Map<string, Definition>();

export const nounOf = (type: string) => type.split('.')[0] as string;

/**
 * Defines the events of a service: from then on they are published, checked and received like all others.
 * @throws Error when a noun belongs to another service: all events of a noun have one publisher.
 */
export function defineEvents<const P extends Payloads>(
  service: string,
  payloads: P,
): EventDefinitions<P> {
  for (const [type, payload] of Object.entries(payloads)) {
    for (const [other, { service: owner }] of definitions) {
      if (owner === service || nounOf(other) !== nounOf(type)) continue;
      throw new Error(`${service} cannot define ${type}: ${owner} defines ${other}`);
    }
    definitions.set(type, { service, payload, envelope: envelopeOf(service, type, payload) });
  }
  return { service, types: Object.keys(payloads), payloads };
}

/** CloudEvents 1.0, with the extensions that Fairseat adds. */
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
    data,
  });
