/** The specification of money that is held first, and taken once orders has secured the order. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import { specification } from '@fairseat/common/testing';
import { end, now, order, request } from '@fairseat/test-support/paying';
import { describe, expect, it } from 'vitest';
import { owesRefund } from './aftermath.ts';
import { evolve, type PaymentFact, toCharge, unknownPayment } from './charge.ts';
import {
  asItStands,
  attentionAt,
  awaitsDecision,
  isAuthorized,
  lookAfter,
  mayCapture,
  mayConfirm,
  mustVoid,
  noteOrder,
  noteSecured,
  pay,
  remind,
  settle,
} from './decisions.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const captureBefore = now + 7 * 24 * HOUR;

const noted = (record: OrderRecord, lookAgainAt?: number): PaymentFact => ({
  type: 'order.noted',
  order: record,
  ...(lookAgainAt !== undefined && { lookAgainAt }),
});
const another = { ...request, token: 'pm_card_mastercard', chargeId: 'another charge' };

const given = specification(evolve, unknownPayment('the order'));
const held = noted(order(2));
const [created] = pay(request, now)(given(held).state) as [PaymentFact];
const authorized = (at: number, lookAgainAt = at + MINUTE): PaymentFact => ({
  type: 'charge.authorized',
  authorizedAt: new Date(now).toISOString(),
  captureBefore,
  lookAgainAt,
});
const securedOrder = order(3, { securedAt: new Date(now).toISOString() });
const secured = noted(securedOrder, now + 5000);
const cancelledOrder = order(3, { status: 'cancelled', reason: 'expired' });
const completed: PaymentFact = { type: 'charge.completed', lookAgainAt: end + MINUTE };
const failed: PaymentFact = { type: 'charge.failed', decline: null, lookAgainAt: end + MINUTE };

const begun = given(held, created);
const waiting = given(held, created, authorized(now));
const safe = given(held, created, authorized(now), secured);
const lost = given(held, created, authorized(now), noted(cancelledOrder));
const taken = given(held, created, authorized(now), secured, completed);
const settled = (status: 'authorized' | 'succeeded' | 'cancelled' | 'processing') =>
  settle({ status, captureBefore }, null, now);

describe('money that is held', () => {
  it('is said once, since when and for how long', () => {
    begun.when(settled('authorized')).thenSays(authorized(now));
    waiting.when(settled('authorized')).thenSaysNothing();
    safe.when(settled('authorized')).thenSaysNothing();
    taken.when(settled('authorized')).thenSaysNothing();
  });

  it('is looked after at once when the order is cancelled already', () => {
    const late = given(held, created, noted(cancelledOrder));
    late.when(settled('authorized')).thenSays(authorized(now, now));
  });

  it('is shown by its time, and ends the card under way', () => {
    const { charge } = waiting.state;
    expect(charge).toMatchObject({ status: 'created', token: null, nextAction: null });
    expect(toCharge(waiting.state).authorizedAt).toBe(new Date(now).toISOString());
    expect(isAuthorized(charge)).toBe(true);
    expect([begun, taken].map(({ state }) => isAuthorized(state.charge))).toEqual([false, false]);
  });

  it('is not asked for again, and no other card with it, also after the time to pay', () => {
    expect(mayConfirm(waiting.state, now)).toBe(false);
    for (const at of [now, end])
      waiting.when(pay(another, at)).thenRefuses({ status: 409, code: 'payment_in_progress' });
  });

  it('is known again after another card was tried by a release that does not know of it', () => {
    const { request: id, token } = another;
    const retried: PaymentFact = { type: 'charge.retried', token, request: id, lookAgainAt: end };
    const confused = given(held, created, authorized(now), retried);
    confused
      .when(settle({ status: 'authorized', captureBefore }, null, end))
      .thenSays(authorized(end));
  });

  it('makes no question to the buyer of an answer that comes late', () => {
    const nextAction = { type: 'confirm', url: 'https://bank.example/1' } as const;
    waiting.when(settle({ status: 'requires_action', nextAction }, null, now)).thenSaysNothing();
  });
});

describe('the decision of orders', () => {
  it('is waited for, and allows to take the money once the order is secured', () => {
    const states = [begun, waiting, safe, lost, taken].map(({ state }) => state);
    expect(states.map(awaitsDecision)).toEqual([false, true, false, false, false]);
    expect(states.map(mayCapture)).toEqual([false, false, true, false, false]);
    const ended = given(
      held,
      created,
      authorized(now),
      secured,
      noted(order(4, { status: 'cancelled' })),
    );
    expect(mayCapture(ended.state)).toBe(false);
  });

  it('is noted, and acted on soon', () => {
    waiting.when(noteSecured(securedOrder, now)).thenSays(secured);
    expect(attentionAt(safe.state)).toBe(now + 5000);
    lost.when(noteSecured(securedOrder, now)).thenSaysNothing();
    given().when(noteSecured(securedOrder, now)).thenSays(secured);
  });

  it('that is said again is answered by the end of the charge', () => {
    const again = { ...securedOrder, version: 4 };
    const news = noted(again, now + 5000);
    const late = now + MINUTE;
    taken.when(noteSecured(again, now)).thenSays(news, { ...completed, lookAgainAt: late });
    given(held, created, failed)
      .when(noteSecured(again, now))
      .thenSays(news, { ...failed, lookAgainAt: late });
    safe.when(noteSecured(again, now)).thenSays(news);
    safe.when(noteSecured(securedOrder, now)).thenSaysNothing();
  });

  it.each([
    ['taken', 'succeeded', completed],
    ['given back', 'cancelled', failed],
  ] as const)('ends the charge once the money is %s', (_, status, fact) => {
    safe.when(settled(status)).thenSays(fact);
    safe.when(settled('processing')).thenSaysNothing();
  });
});

describe('money that is held and not taken', () => {
  it('is given back when the order is cancelled, at once', () => {
    expect(mustVoid(lost.state, now)).toBe(true);
    expect(attentionAt(lost.state)).toBe(0);
    expect(owesRefund(lost.state)).toBe(false);
  });

  it.each([
    ['waits for orders', waiting],
    ['may be taken', safe],
  ])(
    'is kept past the end of the order while it %s, but not into its last hour',
    (_, { state }) => {
      expect(mustVoid(state, end + 2 * MINUTE)).toBe(false);
      expect(mustVoid(state, captureBefore - HOUR - 1)).toBe(false);
      expect(mustVoid(state, captureBefore - HOUR)).toBe(true);
    },
  );

  it('is kept where the gateway does not tell for how long', () => {
    const unlimited = settle({ status: 'authorized' }, null, now)(begun.state);
    expect(mustVoid(given(held, created, ...unlimited).state, captureBefore)).toBe(false);
  });

  it('is said again each minute, upon which orders decides', () => {
    const dueAt = now + MINUTE;
    waiting.when(lookAfter(dueAt - 1)).thenSaysNothing();
    expect(lookAfter(dueAt)(waiting.state)).toHaveLength(1);
    waiting.when(remind(dueAt)).thenSays(authorized(dueAt));
    waiting.when(asItStands).thenSays(authorized(now));
  });

  it('stays an order that awaits payment, for a release that knows no more', () => {
    const { securedAt: _, ...before } = securedOrder;
    waiting.when(noteOrder(before)).thenSays(noted(before));
    expect(mustVoid(given(held, created, noted(cancelledOrder)).state, now)).toBe(true);
  });
});
