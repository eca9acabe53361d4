/** Breaks every rule, since a checker that cannot fail proves nothing. */
import type { AnyEvent } from '@fairseat/common/events';
import { describe, expect, it } from 'vitest';
import { at, Past } from './past.ts';

const ENGINE_SAYS = { atMs: 0, process: 'tickets 1', story: undefined };
const event = { type: 'order.completed', subject: 'o' } as AnyEvent;

describe('a history in which all is well', () => {
  it('breaks no rule', () => {
    expect(new Past().sold().broken).toBe(undefined);
    expect(
      new Past()
        .held()
        .cancelled()
        .ticket({ status: 'available', orderId: null }, 'ticket.released').broken,
    ).toBe(undefined);
  });
});

describe.each<[rule: string, ...ways: ((past: Past) => Past)[]]>([
  [
    'legal states',
    (past) => past.ticket({ status: 'sold', orderId: null }, 'ticket.created'),
    (past) => past.sold().ticket({ status: 'available', orderId: null }, 'ticket.released'),
    (past) => past.completed().order({ status: 'cancelled', reason: 'buyer' }, 'order.cancelled'),
    (past) => past.listed().ordered().order({ status: 'completed' }, 'order.completed'),
    (past) => past.paid().charge({ status: 'failed' }, 'charge.failed'),
    (past) => past.taken().gateway({ status: 'cancelled' }),
  ],
  [
    'versions go up by one',
    (past) =>
      past.listed().write('tickets_tickets', 't', { version: 3, price: 6 }, 'ticket.updated'),
    (past) =>
      past.listed().write('tickets_tickets', 't', { version: 1, price: 6 }, 'ticket.updated'),
  ],
  [
    'every change is told',
    (past) => past.listed().ticket({ price: 6 }),
    (past) =>
      past.listed().ordered().ticket({ status: 'reserved', orderId: 'o' }, 'ticket.updated'),
    (past) => past.held().cancelled().order({ status: 'cancelled' }),
    (past) => past.taken().charge({ status: 'completed' }),
    (past) => past.paid().cancelled().gateway({ refundId: 're' }).charge({ stripeRefundId: 're' }),
  ],
  [
    'an event tells the truth',
    (past) => {
      const stale = { ...past.listed().record('tickets_tickets', 't'), status: 'available' };
      const said = { type: 'ticket.reserved', subject: 't', version: 1, data: stale };
      const after = { ...stale, version: 2, status: 'reserved', orderId: 'o' };
      return past.ordered().save('tickets_tickets', stale, after, [said] as unknown as AnyEvent[]);
    },
  ],
  [
    'a held ticket names its order',
    (past) => past.listed().ticket({ status: 'reserved' }, 'ticket.reserved'),
    (past) => past.listed().ticket({ orderId: 'o' }, 'ticket.updated'),
  ],
  [
    'a held ticket does not change',
    (past) => past.held().ticket({ price: 6 }, 'ticket.reserved'),
    (past) => past.held().ticket({ title: 'B' }, 'ticket.reserved'),
  ],
  [
    'a lock stays with its order',
    (past) => past.held().ticket({ orderId: 'p' }, 'ticket.reserved'),
  ],
  ['a seller stays the seller', (past) => past.listed().ticket({ userId: 'x' }, 'ticket.updated')],
  [
    'a lock ends only with its order',
    (past) => past.held().ticket({ status: 'available', orderId: null }, 'ticket.released'),
  ],
  [
    'a lock is for an order',
    (past) => past.listed().ticket({ status: 'reserved', orderId: 'o' }, 'ticket.reserved'),
  ],
  ['nobody buys from themselves', (past) => past.listed().ordered({ userId: 'seller' })],
  [
    'a buyer gets what they saw',
    (past) =>
      past
        .listed()
        .ordered()
        .ticket({ price: 6 }, 'ticket.updated')
        .ticket({ status: 'reserved', orderId: 'o' }, 'ticket.reserved'),
  ],
  ['only what is paid is sold', (past) => past.held().ticket({ status: 'sold' }, 'ticket.sold')],
  [
    'one order a ticket',
    (past) =>
      past.held().write(
        'orders_orders',
        'p',
        {
          userId: 'other',
          ticketId: 't',
          status: 'created',
          expiresAt: at(60_000),
          ticket: { title: 'A', price: 5 },
        },
        'order.created',
      ),
  ],
  ['an order is for a ticket', (past) => past.ordered()],
  [
    'a hold lasts as long as it is set to',
    (past) => past.listed().ordered({ expiresAt: at(61_000) }),
  ],
  [
    'an order stays what it is',
    (past) => past.held().order({ status: 'cancelled', userId: 'x' }, 'order.cancelled'),
  ],
  [
    'an order holds its ticket',
    (past) =>
      past.listed().ordered().order({ status: 'awaiting_payment' }, 'order.awaiting_payment'),
  ],
  [
    'an order ends for its reason',
    (past) => past.held().order({ status: 'cancelled', reason: 'expired' }, 'order.cancelled'),
    (past) => past.held().cancelled('buyer'),
    (past) => past.held().cancelled('ticket_unavailable'),
    (past) => past.taken().cancelled('payment_failed'),
  ],
  [
    'an order ends in time',
    (past) => {
      past.held().nowMs += 62_000;
      return past.order({ status: 'cancelled', reason: 'expired' }, 'order.cancelled');
    },
  ],
  [
    'a ticket is refused for its reason',
    (past) => past.listed().ordered().ticket({}, 'ticket.refused'),
  ],
  [
    'the gateway is asked with one key',
    (past) =>
      past
        .asksGateway('open', { orderId: 'o', currency: 'usd', key: 'c' })
        .asksGateway('open', { orderId: 'o', currency: 'usd', key: 'd' }),
    (past) =>
      past
        .asksGateway('find', 'pi')
        .asksGateway('refund', 'pi', 'k')
        .asksGateway('find', 'pi')
        .asksGateway('refund', 'pi', 'l'),
    (past) => past.asksGateway('confirm', 'pi', 'pm', 'k').asksGateway('confirm', 'pi', 'pm', 'l'),
  ],
  [
    'an end stays as it was',
    (past) => past.held().cancelled().order({ reason: 'buyer' }, 'order.cancelled'),
  ],
  [
    'a completed order is paid',
    (past) => past.held().order({ status: 'completed' }, 'order.completed'),
    (past) => past.taken().order({ status: 'completed' }, 'order.completed'),
  ],
  [
    'a buyer pays what they saw',
    (past) => past.held().charge({ status: 'created', currency: 'usd', amount: 4 }),
    (past) =>
      past
        .held()
        .charge({ status: 'created', currency: 'usd', amount: 5 })
        .gateway({
          status: 'unconfirmed',
          currency: 'usd',
          amount: 6,
          confirmations: [],
          refundId: null,
        })
        .charge({ stripeId: 'pi' })
        .gateway({ status: 'succeeded', confirmations: ['k'] }),
  ],
  [
    'a charge stays',
    (past) => past.charging().charge({ id: 'd' }),
    (past) => past.charging().charge({ stripeId: 'pj' }),
    (past) => past.charging().charge({ amount: 6 }),
  ],
  [
    'a charge tells the truth',
    (past) => past.charging().charge({ status: 'completed' }, 'charge.completed'),
    (past) => past.charging().charge({ status: 'failed' }, 'charge.failed'),
    (past) => past.paid().charge({ stripeRefundId: 're' }, 'charge.refunded'),
  ],
  [
    'a replica grows newer',
    (past) => past.held().write('payments_payments', 'o', { charge: null, order: { version: 3 } }),
    (past) =>
      past.listed().write('orders_listings', 't', { status: 'available', price: 6, version: 1 }),
  ],
  [
    'money is taken for an order',
    (past) =>
      past
        .gateway({ status: 'unconfirmed', amount: 5, confirmations: [], refundId: null })
        .gateway({ status: 'succeeded', confirmations: ['k'] }),
  ],
  [
    'nobody pays after the end',
    (past) => {
      past.held().nowMs += 70_000;
      return past.charge({ status: 'created', amount: 5, token: 'pm_card_visa' });
    },
    (past) => {
      past.charging().nowMs += 70_000;
      return past.gateway({ status: 'succeeded', confirmations: ['k'] });
    },
  ],
  [
    'the bank is obeyed',
    (past) =>
      past
        .charging()
        .gateway({ status: 'requires_action', confirmations: ['k'] })
        .gateway({ status: 'succeeded' }),
  ],
  ['only cancelled orders are refunded', (past) => past.paid().gateway({ refundId: 're' })],
  [
    'one account an address',
    (past) =>
      past
        .write('auth_users', 'u', { email: 'Same@example.com' })
        .write('auth_users', 'v', { email: 'same@example.com' }),
  ],
  [
    'no dead letters',
    (past) => {
      past.checkers.heard({
        ...ENGINE_SAYS,
        kind: 'dead',
        event,
        group: 'tickets',
        attempt: 8,
        reason: 'Error',
      });
      return past;
    },
  ],
  [
    'what is said is saved',
    (past) => {
      const stray = { ...event, source: 'orders', data: {} } as AnyEvent;
      past.checkers.heard({ ...ENGINE_SAYS, kind: 'publish', event: stray });
      return past;
    },
  ],
  [
    'no unexpected error',
    (past) => {
      past.checkers.heard({
        ...ENGINE_SAYS,
        kind: 'error',
        message: 'tidying',
        reason: 'Error: no',
      });
      return past;
    },
  ],
  [
    'handlers do not fail',
    (past) => {
      const failing = {
        event,
        group: 'tickets',
        attempt: 1,
        afterMs: 1,
        reason: 'Error: not held',
      };
      past.checkers.heard({ ...ENGINE_SAYS, kind: 'redeliver', ...failing });
      return past;
    },
  ],
])('the rule "%s"', (rule, ...ways) => {
  it.each(
    ways.filter((way) => typeof way === 'function').map((way, index) => [index + 1, way] as const),
  )('is broken in way %i', (_, way) => {
    expect(way(new Past()).broken).toBe(rule);
  });
});
