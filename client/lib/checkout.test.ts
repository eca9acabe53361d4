import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import { describe, expect, it } from 'vitest';
import { isUnsettled, stageOf } from './checkout.ts';

const expiresAt = '2026-01-01T12:15:00.000Z';
const before = Date.parse(expiresAt) - 1;
const after = Date.parse(expiresAt);

const order = (change: Partial<OrderRecord> = {}): OrderRecord => ({
  id: 'a'.repeat(32),
  userId: 'b'.repeat(32),
  status: 'awaiting_payment',
  ticketId: 'c'.repeat(32),
  expiresAt,
  ticket: { title: 'Concert', price: 4990 },
  version: 2,
  createdAt: '2026-01-01T12:00:00.000Z',
  ...change,
});

const charge = (change: Partial<ChargeRecord> = {}): ChargeRecord => ({
  id: 'd'.repeat(32),
  orderId: 'a'.repeat(32),
  status: 'created',
  amount: 4990,
  currency: 'usd',
  stripeId: null,
  stripeRefundId: null,
  ...change,
});

const nextAction = { type: 'confirm' as const, url: '/api/test-gateway/pi_1/confirm' };
const cancelled = (reason: OrderRecord['reason']) =>
  order({ status: 'cancelled', ...(reason && { reason }) });

describe('a purchase', () => {
  it('waits for its ticket, then for its payment', () => {
    expect(stageOf(order({ status: 'created' }), null, before).name).toBe('locking');
    expect(stageOf(order(), null, before).name).toBe('pay');
  });

  it('asks for a confirmation when the bank does', () => {
    const action = { type: 'redirect' as const, url: 'https://bank.example/1' };
    expect(stageOf(order(), charge({ nextAction: action }), before)).toEqual({
      name: 'confirm',
      action,
    });
  });

  it('offers another card after one was declined and the order lives on', () => {
    const decline = { code: 'card_declined', message: 'Your card was declined.' };
    expect(stageOf(order(), charge({ decline }), before)).toEqual({
      name: 'pay',
      decline: 'Your card was declined.',
    });
    expect(stageOf(order(), charge({ decline }), after)).toMatchObject({ reason: 'expired' });
  });

  it('offers no second payment while one is under way', () => {
    const stage = stageOf(order(), charge(), before);
    expect([stage.name, isUnsettled(order(), stage)]).toEqual(['settling', true]);
  });

  it('is paid as soon as the charge is, and settled once the order says so', () => {
    const paid = stageOf(order(), charge({ status: 'completed' }), after);
    expect([paid.name, isUnsettled(order(), paid)]).toEqual(['paid', true]);
    const completed = order({ status: 'completed' });
    const done = stageOf(completed, charge({ status: 'completed' }), after);
    expect([done.name, isUnsettled(completed, done)]).toEqual(['paid', false]);
  });

  it('is paid as soon as it is secured, whatever the clock says, and stays so', () => {
    const held = charge({ authorizedAt: expiresAt });
    expect(stageOf(order(), held, after).name).toBe('settling');
    const secured = order({ securedAt: expiresAt });
    for (const paidBy of [null, held, charge({ status: 'completed' })]) {
      expect(stageOf(secured, paidBy, after).name).toBe('paid');
    }
    expect(isUnsettled(secured, { name: 'paid' })).toBe(true);
  });

  it('is not paid after all where the money that was held could not be taken', () => {
    const secured = order({ securedAt: expiresAt });
    const stage = stageOf(secured, charge({ status: 'failed' }), before);
    expect(stage).toMatchObject({ name: 'cancelled', reason: 'payment_failed' });
  });

  it('ends with its hold, not a moment before', () => {
    expect(stageOf(order(), null, before).name).toBe('pay');
    expect(stageOf(order(), charge({ nextAction }), after)).toMatchObject({ reason: 'expired' });
    expect(stageOf(order({ status: 'created' }), null, after)).toMatchObject({ reason: 'expired' });
  });

  it('has failed as soon as the charge has', () => {
    const stage = stageOf(order(), charge({ status: 'failed' }), before);
    expect(stage).toMatchObject({ name: 'cancelled', reason: 'payment_failed' });
    expect(isUnsettled(order(), stage)).toBe(true);
  });

  it('says why it was cancelled', () => {
    expect(stageOf(cancelled('buyer'), null, before)).toEqual({
      name: 'cancelled',
      reason: 'buyer',
      refund: 'none',
    });
  });

  it('is taken neither for paid nor for held in a status that is not known here', () => {
    expect(stageOf(order({ status: 'other' as never }), null, before)).toEqual({ name: 'other' });
    const reason = 'other' as never;
    expect(stageOf(cancelled(reason), null, after)).toMatchObject({ name: 'cancelled', reason });
  });

  it('follows the money of a payment that came too late', () => {
    const late = charge({ status: 'completed' });
    const owed = stageOf(cancelled('expired'), late, after);
    expect(owed).toMatchObject({ refund: 'owed' });
    expect(isUnsettled(cancelled('expired'), owed)).toBe(true);
    const made = stageOf(cancelled('expired'), { ...late, stripeRefundId: 're_1' }, after);
    expect(made).toMatchObject({ refund: 'made' });
    expect(isUnsettled(cancelled('expired'), made)).toBe(false);
    for (const status of ['pending', 'failed'] as const) {
      const refund = { id: 're_1', status, amount: 4990 };
      const refunded = { ...late, stripeRefundId: 're_1', refund };
      const stage = stageOf(cancelled('expired'), refunded, after);
      expect(stage).toMatchObject({ refund: status });
      expect(isUnsettled(cancelled('expired'), stage)).toBe(false);
    }
  });
});
