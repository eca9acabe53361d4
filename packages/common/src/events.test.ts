import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type EventData,
  type EventPayloads,
  eventTypes,
  InvalidEvent,
  parseEvent,
  parseEventData,
  parseNewEvent,
  parseOwnEvent,
  subjectOf,
  toCloudEvent,
} from './events.ts';
import { openSchema } from './open-schema.ts';

const id = (digit: string) => digit.repeat(32);
const time = '2030-01-01T12:00:00.000Z';
const ticket = {
  id: id('a'),
  title: 'Front row',
  price: 4990,
  userId: id('b'),
  orderId: null,
  status: 'available',
  version: 1,
  createdAt: time,
};
const event = {
  specversion: '1.0',
  id: id('e'),
  source: 'tickets',
  type: 'ticket.created',
  subject: ticket.id,
  time,
  version: 1,
  correlationid: 'a-story',
  traceparent: `00-${id('1')}-${'2'.repeat(16)}-01`,
  data: ticket,
};

const refused = (change: object) => {
  try {
    parseEvent({ ...event, ...change });
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidEvent);
    return (error as Error).message;
  }
};

describe('an event', () => {
  it('is taken as it is when it fits its schema', () => {
    expect(parseEvent(event)).toEqual(event);
  });

  it('loses the fields that its schema does not have', () => {
    const secret = { requestHash: 'a hash', passwordHash: 'another' };
    expect(parseEvent({ ...event, ...secret, data: { ...ticket, ...secret } })).toEqual(event);
  });

  it.each([
    undefined,
    null,
    'ticket.created',
    7,
    [],
    {},
    { ...event, type: 'ticket.eaten' },
    { ...event, type: '__proto__' },
    { ...event, type: 'constructor' },
    { ...event, type: ['ticket.created', 'x'] },
  ])('is refused when its type is unknown (%#)', (value) => {
    expect(() => parseEvent(value)).toThrow(/^Unknown event type: /);
  });

  it('is refused when another service publishes it', () => {
    expect(refused({ source: 'orders' })).toMatch(/^ticket\.created: .*source/s);
  });

  it.each(Object.keys(event).filter((field) => field !== 'type'))(
    'is refused without its %s, which the error names',
    (field) => {
      expect(refused({ [field]: undefined })).toContain(field);
    },
  );

  it.each(Object.keys(ticket))('is refused without the %s of its record', (field) => {
    expect(refused({ data: { ...ticket, [field]: undefined } })).toContain(`data.${field}`);
  });

  it.each([
    ['data.price', { data: { ...ticket, price: 49.9 } }],
    ['data.price', { data: { ...ticket, price: '4990' } }],
    ['data.price', { data: { ...ticket, price: 0 } }],
    ['data.status', { data: { ...ticket, status: 7 } }],
    ['data.status', { data: { ...ticket, status: null } }],
    ['version', { version: 0 }],
    ['time', { time: 'yesterday' }],
    ['traceparent', { traceparent: 'none' }],
    ['subject', { subject: '../etc' }],
    ['specversion', { specversion: '0.3' }],
  ])('is refused when its %s does not fit (%#)', (field, change) => {
    expect(refused(change)).toContain(field);
  });

  it.each(eventTypes())('of type %s needs the data of its type', (type) => {
    expect(refused({ type, data: {} })).toMatch(`${type}: `);
  });

  it('says which order a ticket is reserved for, or why it is not', () => {
    const reserved = { ...ticket, status: 'reserved' };
    expect(refused({ type: 'ticket.reserved', data: reserved })).toContain('data.orderId');
    expect(refused({ type: 'ticket.refused' })).toContain('data.refusal');
  });
});

describe('an event for listeners outside', () => {
  it.each([
    ['https://tickets.example', 'https://tickets.example/services/tickets'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000/services/tickets'],
  ])('says by an absolute address at %s who published it', (origin, source) => {
    const told = toCloudEvent(event, origin);
    expect(told).toEqual({ ...event, source, datacontenttype: 'application/json' });
    expect(new URL(told.source).href).toBe(told.source);
  });

  it('has a subject that its data has too', () => {
    const subjects = new Set(
      eventTypes().map((type) => `${type.split('.')[0]} ${subjectOf(type)}`),
    );
    expect([...subjects].sort()).toEqual([
      'charge orderId',
      'expiration orderId',
      'order id',
      'session sessionId',
      'ticket id',
    ]);
  });
});

describe('a value that a newer release added to an enum', () => {
  const data = { ...ticket, status: 'resold' };

  it('is read as other, and nothing else of the event changes', () => {
    expect(parseEvent({ ...event, data })).toEqual({
      ...event,
      data: { ...data, status: 'other' },
    });
  });

  it('is read as other deep within an event', () => {
    const refusal = { orderId: id('c'), reason: 'raining', since: time };
    const refused = { ...event, type: 'ticket.refused', data: { ...data, refusal } };
    expect(parseEvent(refused).data).toMatchObject({
      refusal: { orderId: id('c'), reason: 'other' },
    });
  });

  it('is published as its owner has saved it, and never as it is read', () => {
    expect(parseEventData('ticket.created', data)).toEqual(data);
    const read = parseEvent({ ...event, data });
    expect(() => parseEventData('ticket.created', read.data)).toThrow(/status/);
  });

  it('is not published of anything else', () => {
    expect(() => parseNewEvent({ ...event, data })).toThrow(/data\.status/);
    const read = parseEvent({ ...event, data });
    expect(() => parseNewEvent(read)).toThrow(/data\.status/);
  });
});

describe('the schema of readers', () => {
  const schema = z.strictObject({
    kind: z.literal('bank'),
    level: z.literal(3),
    colours: z.array(z.enum(['red', 'blue'])).min(1),
    state: z.enum(['on', 'off']).nullish(),
    note: z.enum(['short', 'long']).default('short'),
    text: z.string().max(5),
  });
  const open = openSchema(schema);
  const value = {
    kind: 'bank',
    level: 3,
    colours: ['red'],
    state: 'on',
    note: 'long',
    text: 'abc',
  };

  it.each([
    [{}, {}],
    [{ kind: 'card' }, { kind: 'other' }],
    [{ colours: ['red', 'green'] }, { colours: ['red', 'other'] }],
    [{ state: 'broken' }, { state: 'other' }],
    [{ state: null }, { state: null }],
    [{ note: undefined }, { note: 'short' }],
    [{ note: 'none' }, { note: 'other' }],
    [{ added: 'later' }, {}],
  ])('reads %j as %j', (written, read) => {
    expect(open.parse({ ...value, ...written })).toEqual({ ...value, ...read });
  });

  it('lets what may be missing be missing', () => {
    const { state: _, ...rest } = value;
    expect(open.parse(rest)).toEqual(rest);
  });

  it.each([
    { kind: 7 },
    { kind: undefined },
    { level: 4 },
    { colours: [] },
    { colours: 'red' },
    { state: 1 },
    { text: 'abcdef' },
  ])('refuses %j, as that of writers does', (change) => {
    expect(schema.safeParse({ ...value, ...change }).success).toBe(false);
    expect(open.safeParse({ ...value, ...change }).success).toBe(false);
  });
});

describe('an event that its own service takes back', () => {
  it('keeps a value that a newer release has added', () => {
    const raffled = { ...event, data: { ...ticket, status: 'raffled' } };
    expect(parseOwnEvent(raffled)).toEqual(raffled);
    expect(() => parseOwnEvent({ ...raffled, version: 0 })).toThrow(InvalidEvent);
  });

  it('tells of its record also where its type is not known', () => {
    const raffled = { ...event, type: 'ticket.raffled', data: { ...ticket, winner: id('c') } };
    expect(parseOwnEvent(raffled)).toEqual(event);
    expect(() => parseOwnEvent({ ...raffled, data: {} })).toThrow(/^ticket\.raffled: .*price/s);
    expect(() => parseOwnEvent({ ...event, type: 'raffle.held' })).toThrow('Unknown event type');
    expect(() => parseOwnEvent(undefined)).toThrow('Unknown event type');
  });
});

describe('the types of events', () => {
  const reason = (data: EventData<'order.cancelled'>) => data.reason;
  const published = (data: EventPayloads['order.cancelled']) => data.reason;

  it('have other for readers, and not for who publishes', () => {
    const other: ReturnType<typeof reason> = 'other';
    // @ts-expect-error: an unknown reason is read, never published.
    const unpublished: ReturnType<typeof published> = 'other';
    expect(other).toBe(unpublished);
  });

  it('hold readers to the properties of an event', () => {
    const read = (data: EventData<'expiration.elapsed'>) => {
      // @ts-expect-error: an alarm knows no ticket.
      return data.ticketId;
    };
    expect(read({ orderId: id('a') })).toBeUndefined();
  });

  it('know no event that is not defined', () => {
    // @ts-expect-error: nothing of this type is defined.
    expect(() => parseEventData('ticket.eaten', {})).toThrow(InvalidEvent);
  });
});
