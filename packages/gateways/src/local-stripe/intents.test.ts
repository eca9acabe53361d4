import { openLocalStripe } from '@fairseat/test-support/local-stripe';
import type { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';

const DAY_MS = 86_400_000;

describe('a payment intent', () => {
  it('waits for a payment method', async () => {
    const opened = await openLocalStripe();
    const intent = await opened.openIntent({ metadata: { orderId: '7' } });
    expect(intent).toMatchObject({
      status: 'requires_payment_method',
      amount: 4990,
      currency: 'usd',
      metadata: { orderId: '7' },
      latest_charge: null,
    });
    expect(intent.client_secret).toMatch(`${intent.id}_secret_`);
    expect(await opened.stripe.paymentIntents.retrieve(intent.id)).toMatchObject(intent);
  });

  it('is held for seven days, and then taken', async () => {
    const opened = await openLocalStripe();
    const { stripe, clock } = opened;
    const { id } = await opened.openIntent();
    const confirmed = await stripe.paymentIntents.confirm(id, {
      payment_method: 'pm_card_visa',
      expand: ['latest_charge'],
    });
    expect(confirmed).toMatchObject({
      status: 'requires_capture',
      amount_capturable: 4990,
      amount_received: 0,
    });
    const charge = confirmed.latest_charge as Stripe.Charge;
    expect(charge).toMatchObject({ captured: false, paid: true, status: 'succeeded' });
    const before = charge.payment_method_details?.card?.capture_before ?? 0;
    expect(before - charge.created).toBe(7 * 86_400);
    clock.advance(7 * DAY_MS - 60_000);
    const taken = { status: 'succeeded', amount_capturable: 0, amount_received: 4990 };
    expect(await stripe.paymentIntents.capture(id)).toMatchObject(taken);
    clock.advance(DAY_MS);
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject(taken);
  });

  it('is taken at once where nobody asked to hold it', async () => {
    const opened = await openLocalStripe();
    const intent = await opened.openIntent({
      payment_method_options: {},
      payment_method: 'pm_card_mastercard',
      confirm: true,
    });
    expect(intent).toMatchObject({ status: 'succeeded', amount_received: 4990 });
  });

  it('is canceled when the hold runs out, which the card gives back', async () => {
    const opened = await openLocalStripe();
    const { stripe, clock, types } = opened;
    const { id } = await opened.openIntent({ payment_method: 'pm_card_visa', confirm: true });
    clock.advance(9 * DAY_MS);
    const intent = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge.refunds'] });
    expect(intent).toMatchObject({ status: 'canceled', cancellation_reason: 'automatic' });
    expect((intent.canceled_at ?? 0) - intent.created).toBe(7 * 86_400);
    expect(intent.latest_charge).toMatchObject({
      captured: false,
      refunded: true,
      refunds: { data: [{ amount: 4990, reason: 'expired_uncaptured_charge' }] },
    });
    await expect(stripe.paymentIntents.capture(id)).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
      payment_intent: { id, status: 'canceled' },
    });
    await expect.poll(types).toContain('charge.expired');
    expect(types()).toContain('payment_intent.canceled');
  });

  it('is canceled while it is held, and not once it is taken', async () => {
    const opened = await openLocalStripe();
    const { stripe } = opened;
    const { id } = await opened.openIntent({ payment_method: 'pm_card_visa', confirm: true });
    const canceled = await stripe.paymentIntents.cancel(id, { cancellation_reason: 'abandoned' });
    expect(canceled).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'abandoned',
      amount_capturable: 0,
      amount_received: 0,
    });
    for (const call of ['cancel', 'capture', 'confirm'] as const) {
      await expect(stripe.paymentIntents[call](id)).rejects.toMatchObject({
        statusCode: 400,
        code: 'payment_intent_unexpected_state',
        payment_intent: { id, status: 'canceled' },
      });
    }
    const other = await opened.openIntent({ payment_method: 'pm_card_visa', confirm: true });
    await stripe.paymentIntents.capture(other.id);
    for (const call of ['cancel', 'capture', 'confirm'] as const) {
      await expect(stripe.paymentIntents[call](other.id)).rejects.toMatchObject({
        payment_intent: { status: 'succeeded' },
      });
    }
  });

  it('gives back what is not captured', async () => {
    const opened = await openLocalStripe();
    const { stripe } = opened;
    const { id } = await opened.openIntent({ payment_method: 'pm_card_visa', confirm: true });
    await expect(
      stripe.paymentIntents.capture(id, { amount_to_capture: 5000 }),
    ).rejects.toMatchObject({ code: 'amount_too_large', param: 'amount_to_capture' });
    const intent = await stripe.paymentIntents.capture(id, {
      amount_to_capture: 4000,
      expand: ['latest_charge'],
    });
    expect(intent).toMatchObject({ status: 'succeeded', amount_received: 4000 });
    expect(intent.latest_charge).toMatchObject({ amount_captured: 4000, amount_refunded: 990 });
  });

  it('refuses a capture that the issuer no longer honours', async () => {
    const opened = await openLocalStripe();
    const { id } = await opened.openIntent({
      payment_method: 'pm_local_captureExpired',
      confirm: true,
    });
    await expect(opened.stripe.paymentIntents.capture(id)).rejects.toMatchObject({
      code: 'charge_expired_for_capture',
      payment_intent: { status: 'requires_capture' },
    });
  });
});
