/** The specification of every decision about an order: given what happened, when this is decided, then this follows. */
import { type CancelReason, mustBeBuyer } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import type { AnyEvent } from '@fairseat/common/events';
import { specification } from '@fairseat/common/testing';
import { describe, expect, it } from 'vitest';
import {
  asItStands,
  cancel,
  claimsOf,
  complete,
  confirm,
  evolve,
  expire,
  fail,
  holdOf,
  isActive,
  isSecured,
  isUnpaid,
  type Order,
  type OrderFact,
  place,
  refuse,
  restored,
  secure,
} from './order.ts';

const createdAt = '2030-01-01T12:00:00.000Z';
const expiresAt = '2030-01-01T12:15:00.000Z';
const end = Date.parse(expiresAt);

const ticket: TicketRecord = {
  id: 'the ticket',
  title: 'Front row',
  price: 4990,
  userId: 'the seller',
  orderId: null,
  status: 'available',
  version: 3,
  createdAt,
};
const request = {
  id: 'the order',
  userId: 'the buyer',
  createdAt,
  expiresAt,
  requestHash: 'a hash of the request',
};

const placed = place(ticket, request);
const awaiting: OrderFact = { type: 'order.awaiting_payment' };
const completed: OrderFact = { type: 'order.completed' };
const secured: OrderFact = {
  type: 'order.secured',
  securedAt: new Date(end - 1).toISOString(),
  sayAgainAt: end - 1 + 60_000,
};
const cancelled = (reason: CancelReason): OrderFact => ({ type: 'order.cancelled', reason });
/** An end that the buyer's next hold of the ticket waits for. */
const letGo = (reason: CancelReason, letGoAt: number): OrderFact => ({
  type: 'order.cancelled',
  reason,
  letGoAt,
});
const reasons: CancelReason[] = ['buyer', 'expired', 'payment_failed', 'ticket_unavailable'];

const given = specification(evolve);
const created = given(...placed);
const unpaid = given(...placed, awaiting);
const paid = given(...placed, awaiting, completed);
const safe = given(...placed, awaiting, secured);
const ended = (reason: CancelReason) => given(...placed, awaiting, cancelled(reason));

describe('a buyer who places an order', () => {
  it('asks for the ticket at the title and price they saw', () => {
    expect(placed).toEqual([
      {
        type: 'order.created',
        order: {
          ...request,
          status: 'created',
          ticketId: 'the ticket',
          ticket: { title: 'Front row', price: 4990 },
        },
      },
    ]);
  });

  it('is told of another price than the one they saw, with the ticket as it is', () => {
    expect(place(ticket, request, 4990)).toEqual(placed);
    expect(() => place(ticket, request, 4989)).toThrow(
      expect.objectContaining({ status: 409, code: 'price_changed', extensions: { ticket } }),
    );
  });

  it('may ask for a ticket that was last heard of as reserved', () => {
    // The listing may be older than its release; the unique key on active orders decides.
    expect(place({ ...ticket, status: 'reserved', orderId: 'another' }, request)).toEqual(placed);
  });

  it('may ask for a ticket whose status this release does not know, for the lock decides', () => {
    expect(place({ ...ticket, status: 'other', orderId: 'another' }, request)).toEqual(placed);
  });

  it('cannot buy their own ticket', () => {
    expect(() => place({ ...ticket, userId: 'the buyer' }, request)).toThrow(
      expect.objectContaining({ status: 403, code: 'own_ticket' }),
    );
  });

  it.each([
    ['sold', 'ticket_sold'],
    ['withdrawn', 'ticket_withdrawn'],
  ] as const)('is told that a ticket is %s', (status, code) => {
    expect(() => place({ ...ticket, status }, request)).toThrow(
      expect.objectContaining({ status: 409, code }),
    );
  });
});

describe('a created order', () => {
  it('awaits payment once it has the lock', () => {
    created.when(confirm).thenSays(awaiting);
  });

  it('is cancelled when the lock is refused', () => {
    created.when(refuse).thenSays(cancelled('ticket_unavailable'));
  });

  it('is cancelled by its buyer', () => {
    created.when(cancel('the buyer', end - 1)).thenSays(letGo('buyer', end - 1));
  });

  it('expires at its own time, however early the alarm rings', () => {
    created.when(expire(end - 1)).thenSaysNothing();
    created.when(expire(end)).thenSays(letGo('expired', end));
  });

  it('is not completed without the lock', () => {
    created.when(complete).thenSaysNothing();
  });

  it('is cancelled when the payment has failed', () => {
    created.when(fail).thenSays(cancelled('payment_failed'));
  });
});

describe('an order that awaits payment', () => {
  it('is completed by the payment', () => {
    unpaid.when(complete).thenSays(completed);
  });

  it('is cancelled when the payment has failed for good', () => {
    unpaid.when(fail).thenSays(cancelled('payment_failed'));
  });

  it('is cancelled by its buyer', () => {
    unpaid.when(cancel('the buyer', end - 1)).thenSays(letGo('buyer', end - 1));
  });

  it('ignores an alarm that rings early', () => {
    unpaid.when(expire(end - 1)).thenSaysNothing();
  });

  it.each([end, end + 60_000])('expires when the alarm rings at or after its time (%i)', (at) => {
    unpaid.when(expire(at)).thenSays(letGo('expired', at));
  });

  it('ignores what is said again about its lock', () => {
    unpaid.when(confirm).thenSaysNothing();
    unpaid.when(refuse).thenSaysNothing();
  });
});

/** Events whose senders have not received the end of the order. */
const lateEvents = [
  ['the lock was granted', confirm],
  ['the lock was refused', refuse],
  ['the alarm rang', expire(end)],
  ['the alarm rang early', expire(end - 1)],
  ['the money is held', secure(end)],
  ['the payment has succeeded', complete],
  ['the payment has failed', fail],
] as const;

describe('a completed order', () => {
  it.each(lateEvents)('says its end again when it hears that %s', (_, decision) => {
    paid.when(decision).thenSays(completed);
  });

  it('cannot be cancelled by its buyer', () => {
    paid.when(cancel('the buyer', end)).thenRefuses({ status: 409, code: 'order_completed' });
  });
});

describe.each(reasons)('an order that was cancelled (%s)', (reason) => {
  it.each(lateEvents)('says its end again when it hears that %s', (_, decision) => {
    ended(reason).when(decision).thenSays(cancelled(reason));
  });

  it('says nothing when its buyer cancels it again', () => {
    ended(reason).when(cancel('the buyer', end)).thenSaysNothing();
  });
});

describe('an order', () => {
  it.each([
    ['created', created, true, true],
    ['awaiting payment', unpaid, true, true],
    ['secured', safe, true, false],
    ['completed', paid, true, false],
    ['cancelled', ended('expired'), false, false],
    [
      'cancelled, since it could not be paid',
      given(...placed, secured, cancelled('payment_failed')),
      false,
      false,
    ],
  ])(
    'that is %s keeps its ticket, and can expire, as its state says',
    (name, { state }, active, due) => {
      expect([isActive(state), isUnpaid(state)]).toEqual([active, due]);
      expect(isSecured(state)).toBe(name === 'secured');
    },
  );

  it.each([
    ['created', created],
    ['awaiting payment', unpaid],
    ['completed', paid],
    ['cancelled', ended('buyer')],
  ])('that is %s is nobody else’s', (_, order) => {
    order.when(cancel('a stranger', end)).thenRefuses({ status: 403, code: 'not_your_order' });
    expect(() => mustBeBuyer(order.state, 'a stranger')).toThrow('not yours');
    expect(() => mustBeBuyer(order.state, 'the buyer')).not.toThrow();
  });

  it.each([
    ['created', created, true],
    ['awaiting payment', unpaid, true],
    ['secured', safe, false],
    ['completed', paid, false],
    ['let go', given(...placed, letGo('buyer', end), cancelled('buyer')), true],
    ['refused its ticket', given(...placed, cancelled('ticket_unavailable')), false],
    ['cancelled since its card was declined', ended('payment_failed'), false],
  ])('that is %s stands in the way of the next, or not', (_, { state }, counts) => {
    const order = { ...state, hold: 0 };
    expect(claimsOf(order).includes(holdOf(order, 0))).toBe(counts);
  });

  it('becomes what its facts say', () => {
    const states: Partial<Order>[] = [created, unpaid, paid, ended('buyer')].map((g) => g.state);
    expect(states.map(({ status, reason }) => [status, reason])).toEqual([
      ['created', undefined],
      ['awaiting_payment', undefined],
      ['completed', undefined],
      ['cancelled', 'buyer'],
    ]);
    expect(() => evolve(undefined, completed)).toThrow('order.completed of no order');
  });

  it.each([
    ['status', { status: 'waiting_list' }, []],
    [
      'reason',
      { status: 'cancelled', reason: 'venue_closed' },
      [{ type: 'order.cancelled', reason: 'venue_closed' }],
    ],
  ])('is taken back with a %s that a newer release has added', (_, state, said) => {
    const { requestHash: __, ...published } = { ...paid.state, ...state };
    const order = restored({ data: published } as unknown as AnyEvent, undefined);
    expect(order).toEqual({ ...published, requestHash: null });
    expect(asItStands(order)).toEqual(said);
  });
});
