import { openLocalStripe } from '@fairseat/test-support/local-stripe';
import { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';

const DAY_MS = 86_400_000;

describe('a decline', () => {
  it.each([
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
    ['pm_card_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
    ['pm_card_chargeDeclinedFraudulent', 'card_declined', 'fraudulent'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
    ['pm_card_chargeDeclinedVelocityLimitExceeded', 'card_declined', 'card_velocity_exceeded'],
  ])('of %s says why, and another card may follow', async (name, code, decline_code) => {
    const opened = await openLocalStripe();
    const { stripe, types } = opened;
    const { id } = await opened.openIntent();
    const declined = stripe.paymentIntents.confirm(id, { payment_method: name });
    await expect(declined).rejects.toBeInstanceOf(Stripe.errors.StripeCardError);
    await expect(declined).rejects.toMatchObject({
      statusCode: 402,
      code,
      decline_code,
      payment_intent: {
        status: 'requires_payment_method',
        last_payment_error: { code, payment_method: { type: 'card' } },
      },
    });
    await expect.poll(types).toContain('payment_intent.payment_failed');
    expect(
      await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }),
    ).toMatchObject({ status: 'requires_capture', last_payment_error: null });
  });
});

describe('a confirmation', () => {
  it('needs a method that is known, and allowed', async () => {
    const opened = await openLocalStripe();
    const { stripe } = opened;
    const { id } = await opened.openIntent();
    for (const payment_method of ['pm_unknown', 'constructor', '__proto__']) {
      await expect(stripe.paymentIntents.confirm(id, { payment_method })).rejects.toMatchObject({
        statusCode: 400,
        code: 'resource_missing',
        param: 'payment_method',
      });
    }
    await expect(
      stripe.paymentIntents.confirm(id, { payment_method: 'pm_usBankAccount' }),
    ).rejects.toMatchObject({ code: 'payment_intent_incompatible_payment_method' });
    await expect(stripe.paymentIntents.confirm(id)).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
      status: 'requires_payment_method',
    });
  });

  it('needs an address to come back to where Stripe chooses the methods', async () => {
    const opened = await openLocalStripe();
    const { stripe } = opened;
    const { id } = await stripe.paymentIntents.create({ amount: 4990, currency: 'eur' });
    await expect(
      stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }),
    ).rejects.toMatchObject({ param: 'return_url' });
    const intent = await stripe.paymentIntents.confirm(id, {
      payment_method: 'pm_card_visa',
      return_url: 'https://tickets.example/orders/1',
    });
    expect(intent).toMatchObject({
      status: 'succeeded',
      payment_method_types: ['card', 'ideal'],
      automatic_payment_methods: { enabled: true },
    });
  });

  it('asks the buyer at their bank, or in place where the page can', async () => {
    const opened = await openLocalStripe();
    const { id } = await opened.openIntent();
    const confirm = (more: Stripe.PaymentIntentConfirmParams) =>
      opened.stripe.paymentIntents.confirm(id, {
        payment_method: 'pm_card_authenticationRequired',
        ...more,
      });
    const return_url = 'https://tickets.example/orders/1';
    expect(await confirm({ return_url })).toMatchObject({
      status: 'requires_action',
      next_action: { type: 'redirect_to_url', redirect_to_url: { return_url } },
    });
    const inPlace = { status: 'requires_action', next_action: { type: 'use_stripe_sdk' } };
    expect(await confirm({ return_url, use_stripe_sdk: true })).toMatchObject(inPlace);
    expect(await confirm({})).toMatchObject(inPlace);
    for (const more of [{ off_session: true }, { error_on_requires_action: true }]) {
      await expect(confirm(more)).rejects.toMatchObject({
        statusCode: 402,
        decline_code: 'authentication_required',
      });
    }
  });

  it('spends a confirmation token once, while it lasts', async () => {
    const opened = await openLocalStripe();
    const { stripe, clock } = opened;
    const token = () =>
      stripe.testHelpers.confirmationTokens.create({ payment_method: 'pm_card_visa' });
    const spent = await token();
    const first = await opened.openIntent();
    const confirmed = await stripe.paymentIntents.confirm(first.id, {
      confirmation_token: spent.id,
    });
    expect(confirmed.status).toBe('requires_capture');
    expect(await stripe.confirmationTokens.retrieve(spent.id)).toMatchObject({
      payment_intent: first.id,
      payment_method_preview: { type: 'card' },
    });
    const second = await opened.openIntent();
    await expect(
      stripe.paymentIntents.confirm(second.id, { confirmation_token: spent.id }),
    ).rejects.toMatchObject({ statusCode: 400, param: 'confirmation_token' });
    const old = await token();
    clock.advance(DAY_MS / 2);
    await expect(
      stripe.paymentIntents.confirm(second.id, { confirmation_token: old.id }),
    ).rejects.toMatchObject({ statusCode: 400, param: 'confirmation_token' });
  });

  it('of a bank account takes a while', async () => {
    const opened = await openLocalStripe();
    const { stripe, clock } = opened;
    const pay = (payment_method: string) =>
      stripe.paymentIntents.create({
        amount: 4990,
        currency: 'usd',
        allowed_payment_method_types: ['us_bank_account'],
        payment_method,
        confirm: true,
      });
    const intents = await Promise.all(
      ['pm_usBankAccount', 'pm_usBankAccount_insufficientFunds', 'pm_usBankAccount_processing'].map(
        pay,
      ),
    );
    expect(intents.map(({ status }) => status)).toEqual(Array(3).fill('processing'));
    await expect(stripe.paymentIntents.cancel(intents[0]?.id ?? '')).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    clock.advance(60_000);
    const later = await Promise.all(intents.map(({ id }) => stripe.paymentIntents.retrieve(id)));
    expect(later.map(({ status }) => status)).toEqual([
      'succeeded',
      'requires_payment_method',
      'processing',
    ]);
  });
});

describe('an amount', () => {
  it.each([
    ['usd', 49, 'amount_too_small'],
    ['jpy', 49, 'amount_too_small'],
    ['usd', 100_000_000, 'amount_too_large'],
    ['kwd', 4995, 'invalid_charge_amount'],
  ])('in %s of %d is refused', async (currency, amount, code) => {
    const opened = await openLocalStripe();
    await expect(opened.openIntent({ amount, currency })).rejects.toMatchObject({
      code,
      param: 'amount',
    });
  });

  it.each([
    ['usd', 50],
    ['jpy', 4990],
    ['kwd', 4990],
  ])('in %s of %d is taken', async (currency, amount) => {
    const opened = await openLocalStripe();
    expect(await opened.openIntent({ amount, currency })).toMatchObject({ amount, currency });
  });
});
