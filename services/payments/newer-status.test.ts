/** What payments does with orders whose status a newer release has added: it takes no money, and gives back what it owes. */
import { specification } from '@fairseat/common/testing';
import { end, now, order, request } from '@fairseat/test-support/paying';
import { expect, it } from 'vitest';
import { owesRefund } from './aftermath.ts';
import { evolve, type Order, type PaymentFact, unknownPayment } from './charge.ts';
import { mayConfirm, mustVoid, noteOrder, pay } from './decisions.ts';

const given = specification(evolve, unknownPayment('the order'));
const orderOf = (status: Order['status'], version: number): Order => ({
  ...order(version),
  status,
});
const noted = (status: Order['status'], version: number): PaymentFact => ({
  type: 'order.noted',
  order: orderOf(status, version),
});
const held = given(noted('awaiting_payment', 2));
const [created] = pay(request, now)(held.state) as [PaymentFact];
const charged = [noted('awaiting_payment', 2), created];
const completed: PaymentFact = { type: 'charge.completed', lookAgainAt: end };

it('an order of an unknown status cannot be paid', () => {
  given(noted('other', 2)).when(pay(request, now)).thenRefuses({ code: 'not_awaiting_payment' });
});

it('a charge under way takes no money any more, and is voided after the time of its order', () => {
  expect(mayConfirm(given(...charged).state, now)).toBe(true);
  const { state } = given(...charged, noted('other', 3));
  expect(mayConfirm(state, now)).toBe(false);
  expect([mustVoid(state, now), mustVoid(state, end + 60_000)]).toEqual([false, true]);
  expect(owesRefund(given(...charged, completed, noted('other', 3)).state)).toBe(false);
});

it.each(['cancelled', 'completed'] as const)('an order that is %s by its event is so', (status) => {
  held.when(noteOrder(orderOf('other', 3), status)).thenSays(noted(status, 3));
});
