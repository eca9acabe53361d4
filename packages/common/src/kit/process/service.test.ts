/** What the compiler refuses of a service: without an error where one is expected, `npm run check` fails. */
import { expect, it } from 'vitest';
import { orderEvents } from '../../contracts/order.ts';
import { defineEvents } from '../../events.ts';
import { createTestClock } from '../../testing/clock.ts';
import { createEventFactory } from '../decide/envelope.ts';
import { defineService } from './service.ts';

const parts = { name: 'ushers', prefixes: [], needs: [] };
const refused = [
  // @ts-expect-error: an event is defined by a schema.
  () => defineEvents('ushers', { 'usher.arrived': undefined }),
  // @ts-expect-error: nobody defines this event.
  () => defineService({ ...parts, hears: ['usher.arrived'], build: () => ({}) }),
  () =>
    defineService({
      ...parts,
      hears: ['order.created'],
      build: () => ({
        // @ts-expect-error: what is heard must be handled, and nothing else.
        handlers: { 'order.completed': async () => {} },
      }),
    }),
  () =>
    defineService({
      ...parts,
      hears: ['expiration.elapsed'],
      build: () => ({
        handlers: {
          // @ts-expect-error: an alarm knows no ticket.
          'expiration.elapsed': async ({ data }) => expect(data.ticketId).toBeUndefined(),
        },
      }),
    }),
];

it('the compiler refuses what a service cannot be', () => {
  expect(refused).toHaveLength(4);
});

it('a service publishes no event of another service', () => {
  const service = { name: 'orders', publishes: orderEvents };
  const newEvent = createEventFactory(service, createTestClock(), () => 'a'.repeat(32));
  const publish = () => newEvent('session.ended', { id: 'a', version: 1 }, {});
  expect(publish).toThrow('orders does not publish session.ended');
});
