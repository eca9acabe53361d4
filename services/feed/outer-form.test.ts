/** What outsiders may know: each property of each event is on this list, and one that is new has to be thought of. */
import { type EventType, eventTypes, jsonSchemaOf } from '@fairseat/common/events';
import { describe, expect, it } from 'vitest';
import { outerForm } from './outer-form.ts';

/** Ids, times, money, states, and the words of sellers and gateways that are no secret; nobody's name, address or key. */
const MAY_BE_KNOWN = [
  ...['id', 'userId', 'orderId', 'ticketId', 'sessionId', 'stripeId', 'stripeRefundId', 'subject'],
  ...['createdAt', 'expiresAt', 'authorizedAt', 'securedAt', 'time', 'version', 'status', 'reason'],
  ...['price', 'amount', 'currency', 'refund', 'refusal', 'dispute', 'decline', 'code', 'message'],
  ...['title', 'ticket', 'data', 'specversion', 'source', 'type', 'correlationid'],
  ...['traceparent', 'tracestate'],
];
/** What its schema has and no listener gets. */
const TAKEN_AWAY = ['nextAction', 'url'];

interface Schema {
  properties?: Record<string, Schema>;
  [key: string]: unknown;
}

/** The names of all properties, at whatever depth. */
function namesIn(schema: Schema): string[] {
  const deeper = Object.values(schema).filter((each) => typeof each === 'object' && each !== null);
  return [
    ...Object.keys(schema.properties ?? {}),
    ...deeper.flatMap((each) => Object.values(each as object)).flatMap(asSchema),
    ...deeper.flatMap((each) => asSchema(each)),
  ];
}
const asSchema = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? namesIn(value as Schema) : [];

describe('an event for outsiders', () => {
  it.each(eventTypes())('%s has nothing that tells who somebody is', (type) => {
    const names = new Set(namesIn(jsonSchemaOf(type as EventType) as Schema));
    const known = [...MAY_BE_KNOWN, ...TAKEN_AWAY];
    expect([...names].filter((name) => !known.includes(name))).toEqual([]);
  });

  const logged = {
    ...{ specversion: '1.0', id: '1'.repeat(32), source: 'payments', type: 'charge.failed' },
    ...{ subject: '2'.repeat(32), time: '2026-01-01T00:00:00.000Z', version: 1 },
    ...{ correlationid: 'c', traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01` },
    data: {
      ...{ id: '3'.repeat(32), orderId: '2'.repeat(32), status: 'failed', amount: 1 },
      ...{ currency: 'usd', stripeId: null, stripeRefundId: null, email: 'buyer@example.com' },
      nextAction: { type: 'confirm', url: 'https://bank.example/secret' },
    },
  };

  it('leaves without what is for the buyer alone, and what no schema names', () => {
    const { data, source, datacontenttype } = outerForm(logged, 'https://tickets.example') ?? {};
    expect(data).not.toHaveProperty('nextAction');
    expect(data).not.toHaveProperty('email');
    expect(data).toMatchObject({ orderId: '2'.repeat(32), amount: 1 });
    expect({ source, datacontenttype }).toEqual({
      source: 'https://tickets.example/services/payments',
      datacontenttype: 'application/json',
    });
  });

  it('of a type that this release does not know stays here', () => {
    const later = { ...logged, type: 'charge.levitated' };
    expect(outerForm(later, 'https://tickets.example')).toBeUndefined();
  });
});
