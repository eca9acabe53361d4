/** The specification of every decision about a ticket: given what happened, when this is decided, then this follows. */

import type { Refusal } from '@fairseat/common/contracts/ticket';
import type { AnyEvent, EventData } from '@fairseat/common/events';
import { specification } from '@fairseat/common/testing';
import { describe, expect, it } from 'vitest';
import {
  asItStands,
  create,
  edit,
  evolve,
  lock,
  release,
  remind,
  restored,
  sell,
  type TicketFact,
  withdraw,
} from './ticket.ts';

type Order = EventData<'order.created'>;

const now = Date.parse('2030-01-01T12:00:00.000Z');
const expiresAt = now + 15 * 60_000;
const minuteAfterEnd = expiresAt + 60_000;

const seen = { title: 'Front row', price: 4990 };
const order = (id: string, change: Partial<Order> = {}): Order => ({
  id,
  userId: 'a buyer',
  status: 'created',
  ticketId: 'the ticket',
  expiresAt: new Date(expiresAt).toISOString(),
  ticket: seen,
  version: 1,
  createdAt: new Date(now).toISOString(),
  ...change,
});
const createdAt = new Date(now).toISOString();
const first = order('the first order');
const second = order('the second order');

const listed = create({
  ...seen,
  id: 'the ticket',
  userId: 'the seller',
  createdAt: new Date(now).toISOString(),
  requestHash: null,
});
const reservedFor = (orderId: string): TicketFact => ({
  type: 'ticket.reserved',
  orderId,
  sayAgainAt: minuteAfterEnd,
});
const reserved = reservedFor(first.id);
const released: TicketFact = { type: 'ticket.released' };
const sold: TicketFact = { type: 'ticket.sold' };
const withdrawn: TicketFact = { type: 'ticket.withdrawn' };

const given = specification(evolve);
const available = given(...listed);
const held = given(...listed, reserved);
const gone = given(...listed, reserved, sold);
const offSale = given(...listed, withdrawn);

const cheaper = { title: 'Front row', price: 3990 };
const asksFirst = lock(first, 1, now);
const asksSecond = lock(second, 1, now);
const refused = (orderId: string, reason: Refusal['reason']): TicketFact => ({
  type: 'ticket.refused',
  refusal: { orderId, reason },
});
const saysAgainAt = (sayAgainAt: number): TicketFact => ({
  type: 'ticket.reserved',
  orderId: first.id,
  sayAgainAt,
});

describe('a ticket', () => {
  it('is for sale from the moment it is listed', () => {
    expect(available.state).toMatchObject({ ...seen, status: 'available', orderId: null });
  });

  it.each([
    ['available', available],
    ['reserved', held],
    ['sold', gone],
    ['withdrawn', offSale],
  ])('that is %s is changed by nobody but its seller', (_, ticket) => {
    ticket.when(edit('a stranger', cheaper)).thenRefuses({ status: 403, code: 'not_your_ticket' });
    ticket.when(withdraw('a stranger')).thenRefuses({ status: 403, code: 'not_your_ticket' });
  });

  it('cannot change before it exists', () => {
    expect(() => evolve(undefined, sold)).toThrow('ticket.sold of no ticket');
  });
});

describe('an available ticket', () => {
  it('is edited by its seller', () => {
    available.when(edit('the seller', cheaper)).thenSays({ type: 'ticket.updated', ...cheaper });
    expect(given(...listed, { type: 'ticket.updated', ...cheaper }).state).toMatchObject(cheaper);
  });

  it('keeps nothing of what an edit leaves out', () => {
    const { price: _, ...untold } = cheaper;
    const edited = { type: 'ticket.updated', ...untold } as TicketFact;
    expect(given(...listed, edited).state.price).toBeUndefined();
  });

  it.each([
    ['edited', edit('the seller', cheaper, (version) => version === 2)],
    ['withdrawn', withdraw('the seller', (version) => version === 2)],
  ])('is not %s by a seller who means another version', (_, change) => {
    available.when(change).thenRefuses({ status: 412, code: 'changed_meanwhile' });
  });

  it('says nothing when an edit changes nothing', () => {
    available.when(edit('the seller', seen)).thenSaysNothing();
  });

  it('is withdrawn by its seller', () => {
    available.when(withdraw('the seller')).thenSays(withdrawn);
  });

  it('is locked for the order that asks, at the title and price it saw', () => {
    available.when(asksFirst).thenSays(reserved);
    expect(held.state).toMatchObject({ status: 'reserved', orderId: first.id });
  });

  it.each([
    ['price', { ...seen, price: 4989 }],
    ['title', { ...seen, title: 'Second row' }],
  ])('is refused to an order that saw another %s', (_, ticket) => {
    available.when(lock(order('late', { ticket }), 1, now)).thenSays(refused('late', 'changed'));
  });

  it('is refused to its own seller', () => {
    available
      .when(lock(order('own', { userId: 'the seller' }), 1, now))
      .thenSays(refused('own', 'own_ticket'));
  });

  it('is locked up to the last moment of an order, and refused from then on', () => {
    available.when(lock(first, 1, expiresAt - 1)).thenSays(reserved);
    available.when(lock(first, 1, expiresAt)).thenSays(refused(first.id, 'expired'));
  });

  it('has nothing to let go', () => {
    available.when(release(first.id)).thenSaysNothing();
    given(...listed, reserved, released)
      .when(release(first.id))
      .thenSaysNothing();
  });

  it('is never sold without a lock', () => {
    available.when(sell(first.id)).thenRefuses({ name: 'Error' });
  });

  it('has nobody to remind of', () => {
    available.when(remind(minuteAfterEnd)).thenSaysNothing();
    given(...listed, reserved, released)
      .when(remind(minuteAfterEnd))
      .thenSaysNothing();
  });

  it('that was let go is locked for the next order', () => {
    given(...listed, reserved, released)
      .when(asksSecond)
      .thenSays(reservedFor(second.id));
  });
});

describe('a reserved ticket', () => {
  it('keeps its title and price', () => {
    held.when(edit('the seller', cheaper)).thenRefuses({ status: 409, code: 'ticket_reserved' });
    held.when(edit('the seller', seen)).thenRefuses({ status: 409, code: 'ticket_reserved' });
  });

  it('cannot be withdrawn', () => {
    held.when(withdraw('the seller')).thenRefuses({ status: 409, code: 'ticket_reserved' });
  });

  it('is not locked again by the order that holds it', () => {
    held.when(asksFirst).thenSaysNothing();
    held.when(lock(first, 20, minuteAfterEnd)).thenSaysNothing();
  });

  it.each([1, 19])('lets another order wait for the end of the holder (attempt %i)', (attempt) => {
    held.when(lock(second, attempt, now)).thenRefuses({ name: 'NotYet' });
  });

  it('is refused to another order that has waited long enough', () => {
    held.when(lock(second, 20, now)).thenSays(refused(second.id, 'reserved'));
  });

  it('is refused at once to another order that is over', () => {
    held.when(lock(second, 1, expiresAt)).thenSays(refused(second.id, 'expired'));
  });

  it('is let go when the order that holds it is cancelled', () => {
    held.when(release(first.id)).thenSays(released);
    expect(given(...listed, reserved, released).state).toEqual(available.state);
  });

  it('stays with its holder when another order is cancelled', () => {
    held.when(release(second.id)).thenSaysNothing();
  });

  it('is sold to the order that holds it', () => {
    held.when(sell(first.id)).thenSays(sold);
    expect(gone.state).toMatchObject({ status: 'sold', orderId: first.id, sayAgainAt: null });
  });

  it('is never sold to an order that does not hold it', () => {
    held.when(sell(second.id)).thenRefuses({ name: 'Error' });
  });

  it('says again who holds it, a minute after that order should have ended', () => {
    held.when(remind(minuteAfterEnd - 1)).thenSaysNothing();
    held.when(remind(minuteAfterEnd)).thenSays(saysAgainAt(minuteAfterEnd + 60_000));
  });

  it('says so once a minute until it hears how that order ended', () => {
    const reminded = given(...listed, reserved, saysAgainAt(minuteAfterEnd + 60_000));
    reminded.when(remind(minuteAfterEnd + 59_999)).thenSaysNothing();
    reminded.when(remind(minuteAfterEnd + 60_000)).thenSays(saysAgainAt(minuteAfterEnd + 120_000));
  });
});

describe('a sold ticket', () => {
  it('is neither edited nor withdrawn', () => {
    gone.when(edit('the seller', cheaper)).thenRefuses({ status: 409, code: 'ticket_sold' });
    gone.when(withdraw('the seller')).thenRefuses({ status: 409, code: 'ticket_sold' });
  });

  it('is refused to every other order at once', () => {
    gone.when(asksSecond).thenSays(refused(second.id, 'sold'));
  });

  it.each([
    ['asks for the lock', asksFirst],
    ['is cancelled', release(first.id)],
    ['is completed', sell(first.id)],
    ['should have ended', remind(minuteAfterEnd)],
  ])('stays sold when it hears again that its order %s', (_, decision) => {
    gone.when(decision).thenSaysNothing();
  });

  it('cannot be sold to another order', () => {
    gone.when(sell(second.id)).thenRefuses({ name: 'Error' });
    gone.when(release(second.id)).thenSaysNothing();
  });
});

describe('a withdrawn ticket', () => {
  it('is not edited any more', () => {
    offSale
      .when(edit('the seller', cheaper))
      .thenRefuses({ status: 409, code: 'ticket_withdrawn' });
  });

  it('says nothing when it is withdrawn again', () => {
    offSale.when(withdraw('the seller')).thenSaysNothing();
  });

  it('is refused to every order', () => {
    offSale.when(asksFirst).thenSays(refused(first.id, 'withdrawn'));
  });

  it('has nothing to let go, to sell or to remind of', () => {
    offSale.when(release(first.id)).thenSaysNothing();
    offSale.when(sell(first.id)).thenRefuses({ name: 'Error' });
    offSale.when(remind(minuteAfterEnd)).thenSaysNothing();
  });
});

describe('a ticket that a database has lost', () => {
  it('is taken back in a status that a newer release has added, of which nothing is said', () => {
    const [id, userId, orderId] = ['a', 'b', 'c'].map((digit) => digit.repeat(32));
    const data = { ...seen, id, userId, orderId, status: 'raffled', version: 3, createdAt };
    const ticket = restored({ data } as unknown as AnyEvent, undefined);
    expect(ticket).toEqual({ ...data, requestHash: null, sayAgainAt: null });
    expect(asItStands(ticket)).toEqual([]);
  });
});
