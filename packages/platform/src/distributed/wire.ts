/** How an event lies in a stream: as JSON, or compressed. Readers take both. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AnyEvent } from '@fairseat/common/events';
import { headers } from '@nats-io/transport-node';

/** The first byte of a compressed event. JSON never begins with it; another dictionary gets another number. */
const COMPRESSED = 1;
const LONGEST_EVENT_BYTES = 2 ** 20;

/** What events have in common. It may never change: what was compressed with it can be read with nothing else. */
const DICTIONARY = Buffer.from(
  [
    'expiration.elapsed","expiration","session.ended","auth","sessionId":"',
    'ticket.created","ticket.updated","ticket.withdrawn","ticket.released","ticket.refused","refusal":{"orderId":"',
    'charge.failed","charge.refunded","failed","created","nextAction":{"type":"confirm","url":"https://',
    'order.cancelled","cancelled","reason":"payment_failed","reason":"ticket_unavailable","reason":"buyer","reason":"expired"',
    ',"status":"available","status":"withdrawn","orderId":null,"status":"sold","version":1,"createdAt":"20',
    '{"specversion":"1.0","id":"","source":"tickets","type":"ticket.reserved","subject":"","data":{"id":"","title":"","price":',
    ',"userId":"","orderId":"","status":"reserved","version":2,"createdAt":"2026-01-01T00:00:00.000Z"}}',
    '{"specversion":"1.0","id":"","source":"payments","type":"charge.completed","subject":"","data":{"id":"","orderId":"',
    '","status":"completed","amount":4990,"currency":"usd","stripeId":"pi_","stripeRefundId":null,"decline":null}}',
    '{"specversion":"1.0","id":"0","source":"orders","type":"order.created","order.completed","order.awaiting_payment',
    '","subject":"","time":"2026-01-01T00:00:00.000Z","version":3,"correlationid":"","traceparent":"00-',
    '-01","data":{"id":"","userId":"","status":"awaiting_payment","ticketId":"","expiresAt":"2026-01-01T00:00:00.000Z',
    '","ticket":{"title":"","price":4990},"version":2,"createdAt":"2026-01-01T00:00:00.000Z"}}',
  ].join(''),
);
/** Little memory, for messages that are so short. */
const OPTIONS = { dictionary: DICTIONARY, windowBits: 12, memLevel: 5 };

export function toWire(event: AnyEvent, isCompressed: boolean): string | Uint8Array {
  const text = JSON.stringify(event);
  if (!isCompressed) return text;
  return Buffer.concat([Buffer.of(COMPRESSED), deflateRawSync(text, OPTIONS)]);
}

/** Returns the JSON of an event, or what else the message holds. */
export function fromWire(message: Uint8Array): string {
  const body = Buffer.from(message.buffer, message.byteOffset, message.length);
  if (body[0] !== COMPRESSED) return body.toString();
  const options = { ...OPTIONS, maxOutputLength: LONGEST_EVENT_BYTES };
  try {
    return inflateRawSync(body.subarray(1), options).toString();
  } catch {
    return body.toString();
  }
}

/** What a listener or a tool may know of a message without reading it. */
export function headersOf({ traceparent, tracestate }: AnyEvent, isCompressed: boolean) {
  const set = headers();
  set.set(
    'content-type',
    isCompressed ? 'application/vnd.fairseat.event' : 'application/cloudevents+json',
  );
  set.set('traceparent', traceparent);
  if (tracestate) set.set('tracestate', tracestate);
  return set;
}
