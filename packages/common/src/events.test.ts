import { describe, expect, it } from 'vitest';
import { eventTypes, InvalidEvent, parseEvent } from './events.ts';

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
    ['data.status', { data: { ...ticket, status: 'stolen' } }],
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
