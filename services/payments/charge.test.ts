/** The specification of every decision about a charge: given what happened, when this is decided, then this follows. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import { specification } from '@fairseat/common/testing';
import { describe, expect, it } from 'vitest';
import { owesRefund } from './aftermath.ts';
import { evolve, type PaymentFact, toCharge, unknownPayment } from './charge.ts';
import {
  attentionAt,
  lookAfter,
  mayConfirm,
  mustVoid,
  noteOpened,
  noteOrder,
  noteTokenRefused,
  type PayRequest,
  pay,
  remind,
  settle,
} from './decisions.ts';

const now = Date.parse('2030-01-01T12:00:00.000Z');
const end = now + 15 * 60_000;
const minuteAfterEnd = end + 60_000;

const order = (status: OrderRecord['status'], version: number): OrderRecord => ({
  id: 'the order',
  userId: 'the buyer',
  status,
  ticketId: 'the ticket',
  expiresAt: new Date(end).toISOString(),
  ticket: { title: 'Front row', price: 4990 },
  version,
  createdAt: new Date(now).toISOString(),
  ...(status === 'cancelled' && { reason: 'expired' }),
});
const noted = (status: OrderRecord['status'], version: number): PaymentFact => ({
  type: 'order.noted',
  order: order(status, version),
});
const heldOrder = noted('awaiting_payment', 2);
const cancelledOrder = noted('cancelled', 3);
const completedOrder = noted('completed', 3);

const request: PayRequest = {
  userId: 'the buyer',
  token: 'pm_card_visa',
  chargeId: 'the charge',
  request: { id: 'the first request', hash: 'a hash' },
  currency: 'usd',
};
const second = { id: 'the second request', hash: null };
const token = 'pm_card_mastercard';
const another: PayRequest = { ...request, token, chargeId: 'another charge', request: second };

const IN_FLIGHT_MS = 5000;
const DAY_MS = 24 * 60 * 60_000;
const given = specification(evolve, unknownPayment('the order'));
const unpaid = given(heldOrder);
const [created] = pay(request, now)(unpaid.state) as [PaymentFact];
const opened: PaymentFact = { type: 'charge.opened', paymentId: 'pi_1' };
const nextAction = { type: 'confirm', url: 'https://bank.example/1' } as const;
const asked: PaymentFact = { type: 'charge.action_required', nextAction };
const lookAgainAt = now + IN_FLIGHT_MS;
const retried: PaymentFact = { type: 'charge.retried', token, request: second, lookAgainAt };
const unknownMethod = { code: 'unknown_payment_method', message: 'This card is unknown.' };
const tokenRefused: PaymentFact = { type: 'charge.token_refused', decline: unknownMethod };
const completed: PaymentFact = { type: 'charge.completed', lookAgainAt: minuteAfterEnd };
const decline = { code: 'card_declined', message: 'Your card was declined.' };
const failed: PaymentFact = { type: 'charge.failed', decline, lookAgainAt: minuteAfterEnd };
const refund = { id: 're_1', status: 'succeeded', amount: 4990 } as const;
const watched = { lookAgainAt: now + DAY_MS, watchUntil: now + 30 * DAY_MS };
const refunded: PaymentFact = { type: 'charge.refunded', refund, ...watched };
const looked = (at: number): PaymentFact => ({ type: 'charge.looked_after', lookAgainAt: at });

const underWay = given(heldOrder, created, opened);
const confirming = given(heldOrder, created, opened, asked);
const paid = given(heldOrder, created, opened, completed);
const declined = given(heldOrder, created, opened, failed);
const late = given(heldOrder, created, opened, cancelledOrder);
const owing = given(heldOrder, created, opened, completed, cancelledOrder);
const paidBack = given(heldOrder, created, opened, completed, cancelledOrder, refunded);
const over = given(heldOrder, created, opened, completed, completedOrder);

const everyCharge = [
  ['under way', underWay],
  ['waiting for the buyer to confirm', confirming],
  ['completed', paid],
  ['failed', declined],
  ['refunded', paidBack],
] as const;

describe('what is known of an order', () => {
  it('is replaced by what is newer', () => {
    for (const before of [given(), given(noted('created', 1))])
      before.when(noteOrder(order('awaiting_payment', 2))).thenSays(heldOrder);
  });

  it('stays when the same or an older version arrives', () => {
    const known = given(cancelledOrder);
    for (const version of [3, 2])
      known.when(noteOrder(order('cancelled', version))).thenSaysNothing();
  });

  it('is nothing until it is heard of, except for its id', () => {
    expect(given().state).toMatchObject({ id: 'the order', version: 0, order: null, charge: null });
    expect(() => evolve(undefined, heldOrder)).toThrow('order.noted of nothing');
    expect(() => given(heldOrder, completed)).toThrow('charge.completed of no charge');
  });
});

describe('a buyer who pays', () => {
  it('has the charge saved, at the price of the order, before the gateway is asked', () => {
    expect(created).toMatchObject({
      type: 'charge.created',
      charge: { id: 'the charge', status: 'created', amount: 4990, stripeId: null },
    });
  });

  it.each([
    ['is not known', given(), 404, 'not_found'],
    ['has no lock yet', given(noted('created', 1)), 409, 'not_awaiting_payment'],
    ['is cancelled', given(cancelledOrder), 409, 'not_awaiting_payment'],
    ['is completed', given(completedOrder), 409, 'already_paid'],
    ['has a completed charge', paid, 409, 'already_paid'],
    ['has a failed charge', declined, 409, 'not_awaiting_payment'],
    ['has a charge that was refunded', paidBack, 409, 'already_paid'],
    ['is being paid', underWay, 409, 'payment_in_progress'],
  ])('is refused when the order %s', (_, payment, status, code) => {
    payment.when(pay(another, now)).thenRefuses({ status, code });
  });

  it('pays for their own order only', () => {
    const stranger = { ...request, userId: 'a stranger' };
    unpaid.when(pay(stranger, now)).thenRefuses({ status: 403, code: 'not_your_order' });
  });

  it('pays up to the last moment, and not from then on', () => {
    expect(pay(request, end - 1)(unpaid.state)).toHaveLength(1);
    unpaid.when(pay(request, end)).thenRefuses({ status: 409, code: 'order_expired' });
  });

  it.each([
    ['instead of confirming', confirming],
    ['after one that the gateway does not know', given(heldOrder, created, opened, tokenRefused)],
  ])('may use another card %s, for the same charge', (_, payment) => {
    payment.when(pay(another, now)).thenSays(retried);
  });

  it('may not try cards without end', () => {
    const tries = Array(49).fill([retried, asked]).flat();
    const tired = given(heldOrder, created, opened, asked, ...tries);
    tired.when(pay(another, now)).thenRefuses({ status: 409, code: 'too_many_attempts' });
  });
});

describe('a charge', () => {
  it('keeps the first payment that the gateway opened for it', () => {
    given(heldOrder, created).when(noteOpened('pi_1')).thenSays(opened);
    underWay.when(noteOpened('pi_2')).thenSaysNothing();
  });

  it('forgets the card that the gateway does not know, but no other', () => {
    underWay.when(noteTokenRefused('pm_card_visa', unknownMethod)).thenSays(tokenRefused);
    underWay.when(noteTokenRefused('pm_card_other', unknownMethod)).thenSaysNothing();
    unpaid.when(noteTokenRefused('pm_card_visa', unknownMethod)).thenSaysNothing();
    const { charge } = given(heldOrder, created, opened, asked, retried, tokenRefused).state;
    expect(charge).toMatchObject({ token: null, requests: [request.request] });
  });

  it.each([
    ['is under way', underWay, now, true],
    ['is under way, at the end of the order’s time', underWay, end, false],
    ['is under way, but the order is cancelled', late, now, false],
    ['waits for the buyer to confirm', confirming, now, false],
    ['is completed', paid, now, false],
    ['has failed', declined, now, false],
    ['does not exist', unpaid, now, false],
  ])('that %s may be asked for or not (%#)', (_, { state }, at, expected) => {
    expect(mayConfirm(state, at)).toBe(expected);
  });

  it.each(everyCharge)('that is %s is shown with its order', (_, { state }) => {
    const shown = toCharge(state);
    expect(shown).toMatchObject({ id: 'the charge', orderId: 'the order', amount: 4990 });
    expect('nextAction' in shown).toBe(state === confirming.state);
  });

  it('is not found where nobody has paid', () => {
    expect(() => toCharge(unpaid.state)).toThrow(expect.objectContaining({ status: 404 }));
  });
});

describe('what the gateway says of a charge', () => {
  const settled = settle({ status: 'succeeded' }, null, now);
  const voided = settle({ status: 'cancelled' }, decline, now);
  const states = ['unconfirmed', 'processing', 'requires_action'] as const;
  const open = states.map((status) => settle({ status }, null, now));

  it.each([underWay, confirming, declined])('completes it when the money moved (%#)', (payment) => {
    payment.when(settled).thenSays(completed);
  });

  it('has it refunded at once when the order is cancelled', () => {
    const lateFailure = given(heldOrder, created, opened, failed, cancelledOrder);
    for (const payment of [late, lateFailure])
      payment.when(settled).thenSays({ type: 'charge.completed', lookAgainAt: now });
  });

  it.each([underWay, confirming])('fails it only when it is cancelled there (%#)', (payment) => {
    payment.when(voided).thenSays(failed);
    for (const stillOpen of open) payment.when(stillOpen).thenSaysNothing();
  });

  it.each([
    ['completed', paid, voided],
    ['refunded', paidBack, settled],
    ['failed', declined, voided],
    ['unknown', given(), settled],
    ['not begun', unpaid, settled],
  ])('changes nothing when it is %s (%#)', (_, payment, decision) => {
    payment.when(decision).thenSaysNothing();
  });

  it('is passed on when the buyer must confirm, once', () => {
    const asks = settle({ status: 'requires_action', nextAction }, null, now);
    underWay.when(asks).thenSays(asked);
    confirming.when(asks).thenSaysNothing();
    declined.when(asks).thenSaysNothing();
  });
});

describe('money for a cancelled order', () => {
  it('is owed back once', () => {
    expect(everyCharge.filter(([, { state }]) => owesRefund(state))).toEqual([]);
    expect(owesRefund(owing.state)).toBe(true);
    expect(owesRefund(over.state)).toBe(false);
  });

  it.each([
    ['cancelled', late, now, true],
    ['awaiting payment', underWay, minuteAfterEnd - 1, false],
    ['overdue, and its end was not heard of', underWay, minuteAfterEnd, true],
    ['overdue, and the buyer has not confirmed', confirming, minuteAfterEnd, true],
    ['paid', paid, minuteAfterEnd, false],
    ['declined', declined, minuteAfterEnd, false],
    ['unknown', given(), minuteAfterEnd, false],
  ])('is not taken any more: a charge of an order that is %s is voided or not (%#)', (...row) => {
    const [, { state }, at, expected] = row;
    expect(mustVoid(state, at)).toBe(expected);
  });
});

describe('the reconciler', () => {
  it.each([
    ['an order without a charge', unpaid, null],
    ['a charge under way', underWay, now + IN_FLIGHT_MS],
    ['an open charge of a cancelled order', late, 0],
    ['a refund that is owed', owing, 0],
    ['a refund that was made', paidBack, now + DAY_MS],
    ['a completed charge, until its order is', paid, minuteAfterEnd],
    ['a failed charge, until its order has ended', declined, minuteAfterEnd],
    ['a completed order', over, null],
  ])('looks after %s when it is time', (_, { state }, at) => {
    expect(attentionAt(state)).toBe(at);
  });

  it('comes back ever more rarely', () => {
    const dueAt = now + IN_FLIGHT_MS;
    underWay.when(lookAfter(dueAt - 1)).thenSaysNothing();
    underWay.when(lookAfter(dueAt)).thenSays(looked(dueAt + 1000));
    const lookedAt = (times: number) =>
      given(heldOrder, created, ...Array(times).fill(looked(now)));
    const [twice, often] = [lookedAt(2), lookedAt(20)];
    twice.when(lookAfter(now)).thenSays(looked(now + 4000));
    often.when(lookAfter(now)).thenSays(looked(now + 60_000));
  });

  it('is there a minute after the order should have ended, and goes on from then', () => {
    const often = given(heldOrder, created, ...Array(20).fill(looked(end)));
    often.when(lookAfter(end + 1)).thenSays(looked(minuteAfterEnd));
    often.when(lookAfter(minuteAfterEnd)).thenSays(looked(minuteAfterEnd + 60_000));
  });

  it('leaves alone what needs nothing', () => {
    paidBack.when(lookAfter(minuteAfterEnd)).thenSaysNothing();
  });

  it('says again how a charge ended, so that orders says how the order did', () => {
    const next = { lookAgainAt: minuteAfterEnd + 60_000 };
    paid.when(remind(minuteAfterEnd)).thenSays({ type: 'charge.completed', ...next });
    declined.when(remind(minuteAfterEnd)).thenSays({ type: 'charge.failed', decline, ...next });
    underWay.when(remind(minuteAfterEnd)).thenSaysNothing();
  });
});
