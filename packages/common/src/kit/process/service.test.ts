/** What the compiler refuses of a service: without an error where one is expected, `npm run check` fails. */
import { expect, expectTypeOf, it } from 'vitest';
import { expirationEvents } from '../../contracts/expiration.ts';
import { orderEvents } from '../../contracts/order.ts';
import { sessionEvents } from '../../contracts/session.ts';
import {
  type AnyEvent,
  defineEvents,
  type EventData,
  type EventPayloads,
  type EventType,
} from '../../events.ts';
import type { Bus, Handlers, Stored, TableDefinition } from '../../ports/index.ts';
import { createTestClock } from '../../testing/clock.ts';
import { createEventFactory } from '../decide/envelope.ts';
import { defineService } from './service.ts';

const parts = { name: 'ushers', prefixes: [], needs: [] };
const record = { id: 'a', version: 1 };
interface Note extends Stored {
  orderId: string;
}
const notes: TableDefinition<Note> = { name: 'notes' };
const ofNotes = { noun: 'note', table: notes, evolve: (state: Note | undefined) => state as Note };

const refused = [
  // @ts-expect-error: an event is defined by a schema.
  () => defineEvents('ushers', { 'usher.arrived': undefined }),
  // @ts-expect-error: nobody defines this event.
  () => defineService({ ...parts, hears: ['usher.arrived'], build: () => ({}) }),
  // @ts-expect-error: it is spelt order.cancelled.
  () => defineService({ ...parts, hears: ['order.canceled'], build: () => ({}) }),
  // @ts-expect-error: it is spelt order.cancelled.
  (bus: Bus) => bus.consume('ushers', { 'order.canceled': async () => {} }),
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
  () =>
    defineService({
      ...parts,
      hears: [],
      publishes: expirationEvents,
      build({ publish, records }) {
        void publish('expiration.elapsed', record, { orderId: 'a' });
        // @ts-expect-error: an alarm says of which order it is.
        void publish('expiration.elapsed', record, {});
        // @ts-expect-error: the id of an order is text.
        void publish('expiration.elapsed', record, { orderId: 7 });
        // @ts-expect-error: the event of another service.
        void publish('session.ended', record, { sessionId: 'a', expiresAt: '' });
        records<Note, { type: 'expiration.elapsed' } | { type: 'note.kept' }>(ofNotes);
        // @ts-expect-error: the event of another service.
        records<Note, { type: 'session.ended'; sessionId: string; expiresAt: string }>(ofNotes);
        return {};
      },
    }),
  () =>
    defineService({
      ...parts,
      hears: [],
      publishes: sessionEvents,
      build({ records }) {
        records<Note, { type: 'session.ended'; sessionId: string; expiresAt: string }>(ofNotes);
        // @ts-expect-error: neither the fact nor the record has `expiresAt`.
        records<Note, { type: 'session.ended'; sessionId: string }>(ofNotes);
        return {};
      },
    }),
  () =>
    defineService({
      ...parts,
      hears: [],
      build({ publish, records }) {
        // @ts-expect-error: who names no events publishes none.
        void publish('expiration.elapsed', record, { orderId: 'a' });
        // @ts-expect-error: who names no events publishes none.
        records<Note, { type: 'expiration.elapsed' }>(ofNotes);
        return {};
      },
    }),
];

it('the compiler refuses what a service cannot be', () => {
  expect(refused).toHaveLength(9);
});

it('the types of an event follow from its one definition', () => {
  type Cancelled = EventData<'order.cancelled'>;
  expectTypeOf<'order.cancelled'>().toExtend<EventType>();
  expectTypeOf<'order.canceled'>().not.toExtend<EventType>();
  expectTypeOf<Cancelled['reason']>().toEqualTypeOf<
    'buyer' | 'expired' | 'payment_failed' | 'ticket_unavailable' | 'other'
  >();
  expectTypeOf<EventPayloads['order.cancelled']['reason']>().not.toExtend<'other'>();
  expectTypeOf<Cancelled>().not.toHaveProperty('price');
  expectTypeOf<EventData<'ticket.reserved'>['orderId']>().toBeString();
  expectTypeOf<EventData<'ticket.released'>['orderId']>().toEqualTypeOf<string | null>();
  expectTypeOf<Parameters<NonNullable<Handlers['charge.failed']>>[0]>().toEqualTypeOf<
    Extract<AnyEvent, { type: 'charge.failed' }>
  >();
});

it('a service publishes no event of another service', () => {
  const service = { name: 'orders', publishes: orderEvents };
  const newEvent = createEventFactory(service, createTestClock(), () => 'a'.repeat(32));
  const publish = () => newEvent('session.ended', { id: 'a', version: 1 }, {});
  expect(publish).toThrow('orders does not publish session.ended');
});
