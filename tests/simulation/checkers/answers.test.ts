/** Tests of the rules on answers, true and false ones. */
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../exchange.ts';
import { DECLINE, Past } from './past.ts';

describe('an answer', () => {
  const known = () => new Past().sold();
  const later = (past: Past) => {
    past.nowMs += 1000;
    return past;
  };
  /** An order that was refused its ticket, or whose time was over. */
  const lost = (reason: string) => {
    const past = new Past().listed().ordered().ticket({ price: 6 }, 'ticket.updated');
    return past.ticket({}, 'ticket.refused').cancelled(reason);
  };
  const given = (past: Past, asked: Partial<Exchange>) =>
    past.exchange({ route: 'POST /api/orders', body: { ticketId: 't' }, ...asked }, 201, {
      ...past.record('orders_orders', 'o'),
    });

  it.each<[code: string, past: Past]>([
    [
      'POST /api/orders',
      known().exchange({ route: 'POST /api/orders', body: { ticketId: 't' } }, 201, { id: 'x' }),
    ],
    [
      'GET /api/orders/:id',
      known().exchange({ route: 'GET /api/orders/:id', id: 'o' }, 200, {
        id: 'o',
        userId: 'buyer',
        version: 2,
        status: 'awaiting_payment',
      }),
    ],
    [
      'GET /api/tickets/:id',
      known().exchange({ route: 'GET /api/tickets/:id', id: 't' }, 200, {
        id: 't',
        version: 3,
        status: 'available',
      }),
    ],
    [
      'PUT /api/tickets/:id',
      known().exchange(
        {
          route: 'PUT /api/tickets/:id',
          id: 't',
          userId: 'seller',
          body: { title: 'A', price: 9 },
        },
        200,
        { ...known().record('tickets_tickets', 't') },
      ),
    ],
    ['DELETE /api/orders/:id', known().exchange({ route: 'DELETE /api/orders/:id', id: 'o' }, 204)],
    [
      'DELETE /api/tickets/:id',
      known().exchange({ route: 'DELETE /api/tickets/:id', id: 't' }, 204),
    ],
    [
      'POST /api/payments',
      new Past().charging().exchange({ route: 'POST /api/payments', body: { orderId: 'o' } }, 201, {
        id: 'c',
        orderId: 'o',
        status: 'completed',
      }),
    ],
    [
      'POST /api/users/signup',
      known().exchange({ route: 'POST /api/users/signup' }, 201, { id: 'nobody' }),
    ],
    [
      'internal_error',
      known().exchange({ route: 'GET /api/orders' }, 500, { code: 'internal_error' }),
    ],
    ['unavailable', known().exchange({ route: 'GET /api/orders' }, 503, { code: 'unavailable' })],
    [
      'not_signed_in',
      known().exchange({ route: 'GET /api/orders' }, 401, { code: 'not_signed_in' }),
    ],
    [
      'not_found',
      known().exchange({ route: 'GET /api/tickets/:id', id: 't' }, 404, { code: 'not_found' }),
    ],
    [
      'not_your_order',
      known().exchange({ route: 'GET /api/orders/:id', id: 'o' }, 403, { code: 'not_your_order' }),
    ],
    [
      'own_ticket',
      known().exchange({ route: 'POST /api/orders', body: { ticketId: 't' } }, 403, {
        code: 'own_ticket',
      }),
    ],
    [
      'ticket_sold',
      new Past().held().exchange({ route: 'POST /api/orders', body: { ticketId: 't' } }, 409, {
        code: 'ticket_sold',
      }),
    ],
    [
      'ticket_reserved',
      new Past()
        .listed()
        .exchange({ route: 'PUT /api/tickets/:id', id: 't', userId: 'seller' }, 409, {
          code: 'ticket_reserved',
        }),
    ],
    [
      'order_completed',
      new Past()
        .held()
        .exchange({ route: 'DELETE /api/orders/:id', id: 'o' }, 409, { code: 'order_completed' }),
    ],
    [
      'already_paid',
      new Past().charging().exchange({ route: 'POST /api/payments', body: { orderId: 'o' } }, 409, {
        code: 'already_paid',
      }),
    ],
    [
      'order_expired',
      new Past().charging().exchange({ route: 'POST /api/payments', body: { orderId: 'o' } }, 409, {
        code: 'order_expired',
      }),
    ],
    [
      'not_awaiting_payment',
      new Past().held().exchange({ route: 'POST /api/payments', body: { orderId: 'o' } }, 409, {
        code: 'not_awaiting_payment',
      }),
    ],
    [
      'payment_declined',
      new Past().charging().exchange({ route: 'POST /api/payments', body: { orderId: 'o' } }, 402, {
        code: 'payment_declined',
      }),
    ],
    [
      'payment_declined',
      new Past().failed().exchange({ route: 'POST /api/payments', body: { orderId: 'o' } }, 402, {
        code: 'payment_declined',
        detail: 'The payment was not completed.',
      }),
    ],
    [
      'payment_in_progress',
      new Past().held().exchange({ route: 'POST /api/payments', body: { orderId: 'o' } }, 409, {
        code: 'payment_in_progress',
      }),
    ],
    [
      'payment_in_progress',
      later(new Past().paid()).exchange(
        { route: 'POST /api/payments', body: { orderId: 'o' } },
        409,
        { code: 'payment_in_progress' },
      ),
    ],
    ['POST /api/orders', given(lost('expired'), { story: 'a-story' })],
    ['POST /api/orders', given(lost('ticket_unavailable'), { headers: { prefer: 'wait=10' } })],
    [
      'email_taken',
      known().exchange(
        { route: 'POST /api/users/signup', body: { email: 'new@example.com' } },
        409,
        { code: 'email_taken' },
      ),
    ],
    [
      'idempotency_key_reused',
      known().exchange({ route: 'POST /api/orders', body: {} }, 422, {
        code: 'idempotency_key_reused',
      }),
    ],
  ])('that is not true is found: %s', (code, past) => {
    expect(past.broken).toBe(`an answer is true: ${code}`);
  });

  it('may tell what is under way, what was declined, and what became of a key', () => {
    const paying = { route: 'POST /api/payments', body: { orderId: 'o' } } as const;
    const busy = { code: 'payment_in_progress' };
    expect(new Past().charging().exchange(paying, 409, busy).broken).toBe(undefined);
    expect(new Past().paid().exchange(paying, 409, busy).broken).toBe(undefined);
    const detail = `${DECLINE.message} The order is cancelled; you were not charged.`;
    const declined = { code: 'payment_declined', detail };
    expect(new Past().failed().exchange(paying, 402, declined).broken).toBe(undefined);
    expect(given(lost('ticket_unavailable'), {}).broken).toBe(undefined);
    expect(given(lost('expired'), { headers: { prefer: 'wait=10' } }).broken).toBe(undefined);
  });

  it('may tell of what a restore took while it was on its way, and not of what was gone before', () => {
    const asked = { route: 'POST /api/orders', body: { ticketId: 't' }, story: 'a-story' } as const;
    const order = { id: 'o', userId: 'buyer', ticketId: 't', status: 'created', version: 1 };
    const told = (askedAtMs: number) =>
      new Past()
        .listed()
        .ordered()
        .ordersGoBack()
        .exchange({ ...asked, askedAtMs }, 201, order);
    const { nowMs } = new Past();
    expect(told(nowMs).broken).toBe(undefined);
    expect(told(nowMs + 1).broken).toBe('an answer is true: POST /api/orders');
  });

  it('to the same key is the same record', () => {
    const asked = {
      route: 'POST /api/tickets',
      headers: { 'idempotency-key': 'k' },
      userId: 'seller',
    } as const;
    const past = new Past().listed();
    const { id: _, ...ticket } = past.record('tickets_tickets', 't');
    past.write('tickets_tickets', 'u', { ...ticket, version: 1 }, 'ticket.created');
    const answer = (id: string) => ({
      ...ticket,
      id,
      userId: 'seller',
      status: 'available',
      version: 2,
    });
    past.ticket({}, 'ticket.updated').write('tickets_tickets', 'u', {}, 'ticket.updated');
    past.exchange({ ...asked, body: { price: 5 } }, 201, answer('t'));
    expect(past.broken).toBe(undefined);
    past.exchange({ ...asked, body: { price: 5 } }, 201, answer('u'));
    expect(past.broken).toBe('a key is one request');
  });
});

describe('a request', () => {
  it('must be answered when nothing is in the way', () => {
    const past = new Past().exchange({ route: 'GET /api/orders' });
    past.checkers.overall(past.exchanges);
    expect(past.broken).toBe('every request is answered');
  });
});

describe('what people saw of a ticket', () => {
  const asked = { route: 'POST /api/orders', body: { ticketId: 't' }, story: 'a-story' } as const;
  const order = { id: 'o', userId: 'buyer', ticketId: 't', status: 'created', version: 1 };
  const overall = (past: Past) => {
    past.checkers.overall(past.exchanges);
    return past.broken;
  };

  it('may be that one holds it and another does not', () => {
    const past = new Past().listed().ordered().exchange(asked, 201, order);
    past.exchange({ ...asked, userId: 'other', story: 'another' }, 409, {
      code: 'ticket_reserved',
    });
    expect(overall(past)).toBe(undefined);
  });

  it('must not be that it is held when nobody holds it', () => {
    const past = new Past().listed();
    past.exchange({ ...asked, userId: 'other', story: 'another' }, 409, {
      code: 'ticket_reserved',
    });
    past.ordered().exchange(asked, 201, order);
    expect(overall(past)).toBe('holds are linearizable');
  });

  it('must not be that somebody holds it whose order has ended', () => {
    const past = new Past().listed().ordered().exchange(asked, 201, order);
    const cancelling = { route: 'DELETE /api/orders/:id', id: 'o' } as const;
    past.exchange(cancelling).cancelled('buyer').exchange(cancelling, 204);
    past.exchange({ ...asked, story: 'again' }, 409, { code: 'already_yours' });
    expect(overall(past)).toBe('holds are linearizable');
  });
});
