/** The specification of what becomes of money after it was taken. */
import type { Dispute, Refund } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import { specification } from '@fairseat/common/testing';
import { now, order, request } from '@fairseat/test-support/paying';
import { describe, expect, it } from 'vitest';
import { type Aftermath, isGivenBack, noteAftermath, owesRefund } from './aftermath.ts';
import { evolve, type PaymentFact, toCharge, unknownPayment } from './charge.ts';
import { attentionAt, lookAfter, pay } from './decisions.ts';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const watchUntil = now + 30 * DAY_MS;

const noted = (status: OrderRecord['status'], version: number): PaymentFact => ({
  type: 'order.noted',
  order: order(version, { status }),
});
const given = specification(evolve, unknownPayment('the order'));
const held = noted('awaiting_payment', 2);
const [created] = pay(request, now)(given(held).state) as [PaymentFact];
const completed: PaymentFact = { type: 'charge.completed', lookAgainAt: now };
const paid = given(held, created, completed);
const sold = given(held, created, completed, noted('completed', 3));
const owing = given(held, created, completed, noted('cancelled', 3));

const refund = (status: Refund['status'], amount = 4990, id = 're_1'): Refund => ({
  ...{ id, status, amount },
});
const dispute = (status: Dispute['status']): Dispute => ({
  ...{ id: 'du_1', status, amount: 4990, reason: 'fraudulent' },
});
const note = (answer: Aftermath, at = now) => noteAftermath(answer, at);
const refunded = (made: Refund, lookAgainAt = now + DAY_MS): PaymentFact => ({
  ...{ type: 'charge.refunded', refund: made, lookAgainAt, watchUntil },
});

describe('a refund', () => {
  it('is said when it was made, and when it has arrived, and once', () => {
    const [pending, arrived] = [refund('pending'), refund('succeeded')];
    owing.when(note({ refund: pending })).thenSays(refunded(pending, now + HOUR_MS));
    owing.when(note({ refund: arrived })).thenSays(refunded(arrived));
    const made = owing.and(refunded(pending, now + HOUR_MS));
    made.when(note({ refund: pending })).thenSaysNothing();
    made.when(note({ refund: arrived }, now + HOUR_MS)).thenSays({
      ...refunded(arrived, now + HOUR_MS + DAY_MS),
    });
    expect(toCharge(made.state)).toMatchObject({ stripeRefundId: 're_1', refund: pending });
    expect(owesRefund(made.state)).toBe(false);
  });

  it('that comes back is said, and is not tried again', () => {
    const made = owing.and(refunded(refund('succeeded')));
    const back = { refund: refund('failed'), lookAgainAt: now + DAY_MS, watchUntil };
    for (const before of [made, owing]) {
      before.when(note({ refund: refund('failed') })).thenSays({
        ...{ type: 'charge.refund_failed', ...back },
      });
    }
    const over = made.and({ type: 'charge.refund_failed', ...back });
    expect(toCharge(over.state)).toMatchObject({ stripeRefundId: 're_1' });
    expect([owesRefund(over.state), attentionAt(over.state)]).toEqual([false, null]);
  });

  it('is made good by another, which an operator makes', () => {
    const back = { refund: refund('failed'), lookAgainAt: now, watchUntil };
    const over = owing.and({ type: 'charge.refund_failed', ...back });
    const another = refund('succeeded', 4990, 're_2');
    over.when(note({ refund: another })).thenSays(refunded(another));
    expect(toCharge(over.and(refunded(another)).state)).toMatchObject({ stripeRefundId: 're_2' });
  });

  it('of a completed order, or of a part, is seen as well', () => {
    const part = refund('succeeded', 90);
    sold.when(note({ refund: part })).thenSays(refunded(part));
    const { state } = sold.and(refunded(part));
    expect(toCharge(state)).toMatchObject({ status: 'completed', stripeRefundId: null });
    expect(toCharge(sold.and(refunded(refund('succeeded'))).state).stripeRefundId).toBe('re_1');
  });

  it('of a part leaves the rest owed, at once', () => {
    const part = refund('succeeded', 90);
    owing.when(note({ refund: part })).thenSays(refunded(part, 0));
    paid.when(note({ refund: part })).thenSays(refunded(part, now));
    const { state } = owing.and(refunded(part, 0));
    expect([owesRefund(state), attentionAt(state)]).toEqual([true, 0]);
    expect(isGivenBack({ refund: part }, 4990)).toBe(false);
  });

  it('is looked at for thirty days, since it may come back: each hour until it has arrived, then each day', () => {
    for (const [made, pause] of [
      [refund('pending'), HOUR_MS],
      [refund('succeeded'), DAY_MS],
    ] as const) {
      const watched = owing.and(refunded(made, now + pause));
      expect(attentionAt(watched.state)).toBe(now + pause);
      watched.when(lookAfter(now + pause)).thenSays({
        ...{ type: 'charge.looked_after', lookAgainAt: now + 2 * pause },
      });
    }
    expect(attentionAt(owing.and(refunded(refund('succeeded'), watchUntil)).state)).toBe(null);
  });

  it('says nothing of money that was not taken', () => {
    for (const before of [given(), given(held), given(held, created)]) {
      before
        .when(note({ refund: refund('succeeded'), dispute: dispute('open') }))
        .thenSaysNothing();
    }
  });
});

describe('a dispute', () => {
  const opened: PaymentFact = { type: 'charge.disputed', dispute: dispute('open') };

  it('is said when it is opened and when it is closed, and once', () => {
    sold.when(note({ dispute: dispute('open') })).thenSays(opened);
    const open = sold.and(opened);
    open.when(note({ dispute: dispute('open') })).thenSaysNothing();
    for (const verdict of ['won', 'lost'] as const) {
      const closed = { type: 'charge.dispute_closed', dispute: dispute(verdict) } as const;
      for (const before of [open, sold])
        before.when(note({ dispute: dispute(verdict) })).thenSays(closed);
      open
        .and(closed)
        .when(note({ dispute: dispute(verdict) }))
        .thenSaysNothing();
    }
    expect(toCharge(open.state)).toMatchObject({ status: 'completed', dispute: dispute('open') });
  });

  it('has the bank give the money back, and a refund wait until it is won', () => {
    expect(owesRefund(owing.and(opened).state)).toBe(false);
    for (const [verdict, isOwed] of [
      ['won', true],
      ['lost', false],
    ] as const) {
      const closed: PaymentFact = { type: 'charge.dispute_closed', dispute: dispute(verdict) };
      expect(owesRefund(owing.and(opened).and(closed).state)).toBe(isOwed);
      expect(isGivenBack({ dispute: dispute(verdict) }, 4990)).toBe(!isOwed);
    }
  });
});
