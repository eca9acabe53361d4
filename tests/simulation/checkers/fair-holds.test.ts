import { describe, expect, it } from 'vitest';
import { HOLD_PAUSES } from '../limits.ts';
import { Past } from './past.ts';

const [FIRST_MS = 0, SECOND_MS = 0] = HOLD_PAUSES.map((seconds) => seconds * 1000);

/** Another order of the buyer, for another ticket or the same. */
function orders(past: Past, id: string, ticketId: string): Past {
  const at = new Date(past.nowMs).toISOString();
  const expiresAt = new Date(past.nowMs + 60_000).toISOString();
  const ticket = { title: 'A', price: 5 };
  const sold = { ...ticket, userId: 'seller', orderId: null, status: 'available' };
  if (ticketId !== 't') past.write('tickets_tickets', ticketId, sold, 'ticket.created');
  const order = { userId: 'buyer', ticketId, status: 'created', createdAt: at, expiresAt, ticket };
  return past.write('orders_orders', id, order, 'order.created');
}

/** An order for the ticket so long after the one before was let go. */
function heldAgain(past: Past, id: string, afterMs: number): Past {
  past.nowMs += afterMs;
  return orders(past, id, 't');
}

function letGo(past: Past, id: string): Past {
  past.exchange({ route: 'DELETE /api/orders/:id', id });
  const end = { status: 'cancelled', reason: 'buyer', letGoAt: past.nowMs };
  return past.write('orders_orders', id, end, 'order.cancelled');
}

describe('unpaid orders of one buyer', () => {
  it('are as many as there are places', () => {
    const past = new Past({ maxHolds: 2 }).held();
    expect(orders(past, 'o2', 't2').broken).toBe(undefined);
    expect(orders(past, 'o3', 't3').broken).toBe('a buyer has no more unpaid orders than places');
  });

  it('are told to whoever has too many, all of them and no others', () => {
    const told = (...ids: string[]) => {
      const past = orders(new Past({ maxHolds: 2 }).held(), 'o2', 't2');
      const body = {
        code: 'too_many_holds',
        orders: ids.map((id) => past.record('orders_orders', id)),
      };
      const route = 'POST /api/orders';
      return past.exchange({ route, body: { ticketId: 't' } }, 409, body).broken;
    };
    expect(told('o', 'o2')).toBe(undefined);
    expect(told('o')).toBe('an answer is true: too_many_holds');
    expect(told('o', 'o')).toBe('an answer is true: too_many_holds');
  });
});

describe('a ticket that its buyer let go', () => {
  it('is left to others for a while, which grows', () => {
    const past = letGo(new Past().listed().ordered(), 'o');
    expect(heldAgain(past, 'o2', FIRST_MS).broken).toBe(undefined);
    expect(heldAgain(letGo(past, 'o2'), 'o3', SECOND_MS - 1).broken).toBe(
      'a ticket is left to others for a while',
    );
  });

  it('is not refused once that is over', () => {
    const told = (afterMs: number) => {
      const past = letGo(new Past().listed().ordered(), 'o');
      past.nowMs += afterMs;
      const asked = { route: 'POST /api/orders', body: { ticketId: 't' } } as const;
      return past.exchange(asked, 409, { code: 'held_too_often' }).broken;
    };
    expect(told(FIRST_MS)).toBe(undefined);
    expect(told(FIRST_MS + 1)).toBe('an answer is true: held_too_often');
  });
});
