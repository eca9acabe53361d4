/** Events that are compressed in their stream, beside events that are not. */
import type { AnyEvent } from '@fairseat/common/events';
import {
  ended,
  hearing,
  id,
  inOrder,
  numbers,
  soon,
  useNats,
  useScene,
} from '@fairseat/test-support/scene';
import { describe, expect, it, vi } from 'vitest';
import { fromWire, toWire } from './wire.ts';

const scene = useScene();
const nats = useNats();

/** As the first release that compressed events wrote the one below. */
const KEPT =
  'AcMXNfhBIikxh4gOIkxFiS5jkKsNjeCuNo9CLyXQoosYC9Cjk5AedAWJWOKfCHvh6YOA2iSU3IlWORFjQDLWZIU1KDGTlXtR/uH5qQpOh/dk5KXqKHyY3zdfISZGIUbJMAZPksMor3HYWFsLAA==';
const time = '2026-03-01T12:00:00.007Z';
const order: AnyEvent = {
  ...(ended(0xa) as Extract<AnyEvent, { type: 'order.created' }>),
  source: 'orders',
  type: 'order.created',
  time,
  data: {
    id: id(0xa),
    userId: id(0xb),
    status: 'created',
    ticketId: id(0xc),
    expiresAt: time,
    ticket: { title: 'Große Bühne, 🎟 \\ "1"', price: 4990 },
    version: 1,
    createdAt: time,
  },
};

describe('a compressed event', () => {
  it('is read as it was, also by whatever release comes later', () => {
    expect(fromWire(toWire(order, true) as Uint8Array)).toBe(JSON.stringify(order));
    expect(fromWire(Buffer.from(KEPT, 'base64'))).toBe(JSON.stringify(order));
  });

  it('may hold what no example has, up to a megabyte', () => {
    const title = 'x'.repeat(2 ** 19);
    const long = { ...order, data: { ...order.data, title } } as AnyEvent;
    expect(fromWire(toWire(long, true) as Uint8Array)).toBe(JSON.stringify(long));
    const endless = { ...long, data: { ...long.data, title: title.repeat(4) } } as AnyEvent;
    const message = toWire(endless, true) as Uint8Array;
    expect(fromWire(message)).toBe(Buffer.from(message).toString());
  });

  it.each([
    ['JSON', Buffer.from('{"type":1}')],
    ['nothing', Buffer.of()],
    ['no such thing', Buffer.of(1, 7)],
  ])('may be %s, which is left to the reader', (_, message) => {
    expect(fromWire(message)).toBe(message.toString());
  });

  it('is heard and watched beside others, and takes less than half of the stream', async () => {
    const long = scene.open();
    const short = scene.open({ compressEvents: true });
    const [heard, alsoHeard] = [hearing(long, 'a'), hearing(short, 'b')];
    const watched: number[] = [];
    long.bus.watch(({ subject }) => watched.push(Number.parseInt(subject, 16)));
    await Promise.all([long.start(), short.start()]);
    const bytes = async () =>
      (await nats.admin.streams.info(`${scene.namespace}_auth`)).state.bytes;
    await Promise.all(numbers(10).map((n) => long.bus.publish(ended(n))));
    const before = await bytes();
    await Promise.all(numbers(10).map((n) => short.bus.publish(ended(10 + n))));
    expect(await bytes()).toBeLessThan(1.5 * before);
    for (const each of [heard, alsoHeard, watched]) {
      await vi.waitFor(() => expect(inOrder(each)).toEqual(numbers(20)), soon);
    }
  });

  it.each([
    [false, 'application/cloudevents+json'],
    [true, 'application/vnd.fairseat.event'],
  ])('says what it is, and in which trace, without being read (%s)', async (isCompressed, type) => {
    const platform = scene.open({ compressEvents: isCompressed });
    await platform.start();
    const { traceparent } = ended(1);
    await platform.bus.publish({ ...ended(1), tracestate: 'rojo=1,congo=2' });
    const stream = `${scene.namespace}_auth`;
    const message = await nats.admin.streams.getMessage(stream, { seq: 1 });
    expect(message?.header.get('content-type')).toBe(type);
    expect(message?.header.get('traceparent')).toBe(traceparent);
    expect(message?.header.get('tracestate')).toBe('rojo=1,congo=2');
    expect(JSON.parse(fromWire(message?.data as Uint8Array))).toMatchObject({ traceparent });
  });

  it('is JSON again where it is a dead letter', async () => {
    const platform = scene.open({ compressEvents: true, maxFailures: 1 });
    platform.bus.consume('auth', { 'session.ended': () => Promise.reject(new Error('broken')) });
    await platform.start();
    await platform.bus.publish(ended(1));
    await vi.waitFor(async () => expect(await platform.bus.deadLetters()).toHaveLength(1), soon);
    const [dead] = await platform.bus.deadLetters();
    expect(dead?.event).toMatchObject({ id: id(1), type: 'session.ended' });
  });
});
