/** The specification of an order whose money is held: it is its buyer's before the money is taken. */
import type { AnyEvent } from '@fairseat/common/events';
import { specification } from '@fairseat/common/testing';
import { describe, expect, it } from 'vitest';
import {
  asItStands,
  cancel,
  complete,
  confirm,
  evolve,
  expire,
  fail,
  type OrderFact,
  refuse,
  remind,
  restored,
  secure,
} from './order.ts';

const expiresAt = '2030-01-01T12:15:00.000Z';
const end = Date.parse(expiresAt);
const since = end - 60_000;

const placed: OrderFact = {
  type: 'order.created',
  order: {
    id: 'the order',
    userId: 'the buyer',
    status: 'created',
    ticketId: 'the ticket',
    ticket: { title: 'Front row', price: 4990 },
    createdAt: '2030-01-01T12:00:00.000Z',
    expiresAt,
    requestHash: null,
  },
};
const awaiting: OrderFact = { type: 'order.awaiting_payment' };
const completed: OrderFact = { type: 'order.completed' };
/** Secured since then, to be said again a minute after `at`. */
const secured = (at: number, securedAt = at): OrderFact => ({
  type: 'order.secured',
  securedAt: new Date(securedAt).toISOString(),
  sayAgainAt: at + 60_000,
});

const given = specification(evolve);
const created = given(placed);
const unpaid = given(placed, awaiting);
const safe = given(placed, awaiting, secured(since));
const paid = given(placed, awaiting, secured(since), completed);
const failed: OrderFact = { type: 'order.cancelled', reason: 'payment_failed' };
const ended = given(placed, awaiting, secured(since), failed);

describe('an order that awaits payment', () => {
  it.each([end - 1, end, end + 60_000])('is secured once the money is held (at %i)', (at) => {
    unpaid.when(secure(at)).thenSays(secured(at));
    created.when(secure(at)).thenSaysNothing();
  });
});

describe('a secured order', () => {
  it.each([since, end + 60_000])('cannot expire, or be cancelled by its buyer (at %i)', (at) => {
    safe.when(expire(at)).thenSaysNothing();
    safe.when(cancel('the buyer', at)).thenRefuses({ status: 409, code: 'order_paid' });
  });

  it('is completed by the payment, and cancelled when the money could not be taken', () => {
    safe.when(complete).thenSays(completed);
    safe.when(fail).thenSays(failed);
  });

  it('ignores what is said again about its lock', () => {
    safe.when(confirm).thenSaysNothing();
    safe.when(refuse).thenSaysNothing();
  });

  it('answers again who has not heard of it, since when it was', () => {
    safe.when(secure(end)).thenSays(secured(end, since));
  });

  it('says so again each minute until it is completed', () => {
    safe.when(remind(since + 59_999)).thenSaysNothing();
    safe.when(remind(since + 60_000)).thenSays(secured(since + 60_000, since));
    for (const other of [created, unpaid, paid, ended]) other.when(remind(end)).thenSaysNothing();
  });

  it('is said again as it stands, at once when it was lost', () => {
    safe.when(asItStands).thenSays(secured(since));
    const { sayAgainAt: _, requestHash: __, ...published } = safe.state;
    const order = restored({ data: published } as unknown as AnyEvent, undefined);
    expect(order).toMatchObject({ ...published, sayAgainAt: 1 });
  });
});
