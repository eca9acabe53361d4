/** What the gateway asks of Stripe, and makes of its answers, where the contract suite cannot see it. */
import { listed } from '@fairseat/test-support/listed';
import {
  answers,
  confirm,
  gatewayOn,
  intent,
  ORDER,
} from '@fairseat/test-support/scripted-gateway';
import { refusal, type SentRequest } from '@fairseat/test-support/scripted-stripe';
import { describe, expect, it } from 'vitest';

describe('a request to Stripe', () => {
  it('holds the money of each method that can, and of none in general', async () => {
    const { gateway, posted } = gatewayOn(answers(() => ({ body: intent() }), {}));
    await gateway.open({ key: 'key', orderId: ORDER, amount: 4990, currency: 'usd' });
    const [{ body, headers } = {} as SentRequest] = posted();
    expect(body).toMatchObject({
      ...{ amount: '4990', currency: 'usd', 'metadata[orderId]': ORDER },
      'payment_method_options[card][capture_method]': 'manual',
      'payment_method_options[klarna][capture_method]': 'manual',
    });
    expect(Object.keys(body)).not.toContain('capture_method');
    expect(Object.keys(body).join()).not.toMatch(/\[ideal\]/);
    expect(headers['Stripe-Version']).toBe('2026-10-28.endive');
    expect(Object.keys(headers)).not.toContain('X-Stripe-Client-Telemetry');
  });

  it('asks for what the form in the browser is opened with', async () => {
    const answer = answers(() => ({ body: intent() }), {});
    const { gateway, posted } = gatewayOn(answer, { publishableKey: 'pk_test_1' });
    const price = { amount: 500, currency: 'huf' };
    const { publishableKey, elements } = gateway.form?.(price) ?? {};
    await gateway.open({ key: 'key', orderId: ORDER, ...price });
    const { body } = posted()[0] as SentRequest;
    const listed = Object.entries(body).filter(([name]) => /^allowed_/.test(name));
    expect(publishableKey).toBe('pk_test_1');
    expect(elements).toEqual({
      mode: 'payment',
      amount: Number(body['amount']),
      currency: body['currency'],
      allowedPaymentMethodTypes: listed.map(([, type]) => type),
    });
  });

  it('takes a card as a token alone, and sends the buyer back to their order', async () => {
    const scene = gatewayOn(answers(() => ({ body: intent() }), {}));
    await confirm(scene);
    expect(scene.posted()[0]?.body).toEqual({
      confirmation_token: 'ctoken_secret',
      use_stripe_sdk: 'true',
      return_url: `https://tickets.example/orders/${ORDER}`,
    });
  });

  it.each([
    ['sk_test_key', 'tok_visa'],
    ['sk_test_key', 'constructor'],
    ['sk_live_key', 'pm_card_visa'],
    ['rk_live_key', 'pm_1'],
  ])('with %s never passes on %s', async (secretKey, token) => {
    const scene = gatewayOn(() => ({ body: intent() }), { secretKey });
    await expect(confirm(scene, token)).rejects.toMatchObject({
      ...{ status: 400, code: 'unknown_payment_method' },
    });
    expect(scene.sent).toEqual([]);
  });

  it('has a key that Stripe takes, however long what it is made of', async () => {
    const { gateway, posted } = gatewayOn(answers(() => ({ body: intent() }), {}));
    const key = 'k'.repeat(288);
    await gateway.confirm('pi_1', 'ctoken_1', key, ORDER);
    await gateway.confirm('pi_1', 'ctoken_2', key, ORDER);
    await gateway.confirm('pi_1', 'ctoken_1', key, ORDER);
    const [one, other, again] = posted().map((request) => request.key ?? '');
    expect(one?.length).toBeLessThanOrEqual(255);
    expect(other).not.toBe(one);
    expect(again).toBe(one);
  });

  it('is shared by those who ask for the same at the same time', async () => {
    const { gateway, posted } = gatewayOn(answers(() => ({ body: intent() }), {}));
    await Promise.all([gateway.capture('pi_1', 'key'), gateway.capture('pi_1', 'key')]);
    expect(posted()).toHaveLength(1);
  });
});

describe('the state of a payment', () => {
  it('is what it is now, and not what it was when the key was first used', async () => {
    const old = {
      body: intent({ status: 'requires_capture' }),
      headers: { 'idempotent-replayed': 'true' },
    };
    const scene = gatewayOn(answers(() => old, { status: 'canceled' }));
    const { gateway } = scene;
    const order = { key: 'key', orderId: ORDER, amount: 4990, currency: 'usd' };
    expect((await gateway.open(order)).status).toBe('cancelled');
    expect((await confirm(scene)).status).toBe('cancelled');
    expect((await gateway.capture('pi_1', 'key')).status).toBe('cancelled');
    expect((await gateway.cancel('pi_1')).status).toBe('cancelled');
  });

  it.each([
    ['requires_payment_method', 'unconfirmed'],
    ['requires_confirmation', 'unconfirmed'],
    ['requires_action', 'requires_action'],
    ['processing', 'processing'],
    ['requires_capture', 'authorized'],
    ['succeeded', 'succeeded'],
    ['canceled', 'cancelled'],
    ['of_a_later_version', 'processing'],
  ])('%s is %s', async (status, expected) => {
    const { gateway } = gatewayOn(() => ({ body: intent({ status }) }));
    expect(await gateway.find('pi_1')).toMatchObject({
      id: 'pi_1',
      status: expected,
      amount: 4990,
    });
  });

  it('tells until when the money can be captured', async () => {
    const card = { capture_before: 1_900_000_000 };
    const latest_charge = { payment_method_details: { type: 'card', card }, refunded: false };
    const { gateway } = gatewayOn(() => ({
      body: intent({ status: 'requires_capture', latest_charge }),
    }));
    expect((await gateway.find('pi_1')).captureBefore).toBe(1_900_000_000_000);
  });

  it.each([
    [
      { type: 'redirect_to_url', redirect_to_url: { url: 'https://bank.example' } },
      { type: 'redirect', url: 'https://bank.example' },
    ],
    [{ type: 'use_stripe_sdk' }, { type: 'stripe', clientSecret: 'pi_1_secret_2' }],
  ])('tells what the buyer must do next: %j', async (next_action, expected) => {
    const { gateway } = gatewayOn(() => ({
      body: intent({ status: 'requires_action', next_action }),
    }));
    expect((await gateway.find('pi_1')).nextAction).toEqual(expected);
  });

  it.each([
    [{ decline_code: 'insufficient_funds', code: 'card_declined' }, 'insufficient_funds'],
    [{ decline_code: 'generic_decline', code: 'card_declined' }, 'card_declined'],
    [{ code: 'expired_card' }, 'expired_card'],
  ])('tells why a card was declined: %j', async (error, code) => {
    const declined = { type: 'card_error', message: 'In words of Stripe.', ...error };
    const scene = gatewayOn(
      answers(() => refusal(402, declined), { last_payment_error: declined }),
    );
    expect(await confirm(scene)).toMatchObject({
      status: 'unconfirmed',
      decline: { code, message: 'In words of Stripe.' },
    });
  });

  it('tells why a card was declined also once the payment is cancelled for it', async () => {
    const last_payment_error = { type: 'card_error', code: 'expired_card', message: 'Expired.' };
    const { gateway } = gatewayOn(() => ({
      body: intent({ status: 'canceled', last_payment_error }),
    }));
    expect(await gateway.find('pi_1')).toMatchObject({
      status: 'cancelled',
      decline: { code: 'expired_card', message: 'Expired.' },
    });
  });

  it('tells in words of its own that the buyer did not confirm', async () => {
    const last_payment_error = {
      ...{ type: 'invalid_request_error', code: 'payment_intent_authentication_failure' },
      message: 'The provided PaymentMethod has failed authentication. You can provide …',
    };
    const { gateway } = gatewayOn(() => ({ body: intent({ last_payment_error }) }));
    expect((await gateway.find('pi_1')).decline).toEqual({
      code: 'payment_intent_authentication_failure',
      message: 'The payment was not confirmed.',
    });
  });

  const given = (id: string, status: string, amount = 4990) => ({ id, status, amount });
  const found = async (latest_charge: object) => {
    const { gateway } = gatewayOn(({ path }) => {
      const dispute = { id: 'du_1', amount: 4990, currency: 'usd', reason: 'fraudulent' };
      if (path.startsWith('/v1/disputes')) {
        return { body: { data: [{ ...dispute, ...(latest_charge as { is: object }).is }] } };
      }
      return { body: intent({ status: 'succeeded', latest_charge }) };
    });
    return gateway.find('pi_1');
  };

  it.each([
    ['all', [given('re_1', 'succeeded')], 4990, given('re_1', 'succeeded')],
    ['all, soon', [given('re_1', 'pending')], 4990, given('re_1', 'pending')],
    ['a part', [given('re_1', 'succeeded', 90)], 90, given('re_1', 'succeeded', 90)],
    [
      'parts',
      [given('re_2', 'pending', 90), given('re_1', 'succeeded', 9)],
      99,
      given('re_2', 'pending', 99),
    ],
    ['nothing, since it came back', [given('re_1', 'failed')], 0, given('re_1', 'failed')],
    ['nothing, since it was cancelled', [given('re_1', 'canceled')], 0, given('re_1', 'failed')],
    [
      'all, at the second try',
      [given('re_2', 'succeeded'), given('re_1', 'failed')],
      4990,
      given('re_2', 'succeeded'),
    ],
  ])('tells what was given back: %s', async (_, data, amount_refunded, refund) => {
    expect((await found({ amount_refunded, refunds: { data } })).refund).toEqual(refund);
    expect((await found({ amount_refunded: 0, refunds: { data: [] } })).refund).toBe(undefined);
  });

  it.each([
    ['needs_response', 'open'],
    ['warning_under_review', 'open'],
    ['one of tomorrow', 'open'],
    ['won', 'won'],
    ['warning_closed', 'won'],
    ['lost', 'lost'],
  ])('tells of a dispute that is %s', async (status, expected) => {
    expect((await found({ disputed: true, is: { status } })).dispute).toEqual({
      ...{ id: 'du_1', status: expected, amount: 4990, reason: 'fraudulent' },
    });
    expect((await found({ disputed: false })).dispute).toBe(undefined);
  });
});

describe('the list of payments', () => {
  it('has all since then, page by page, with their orders and in our units', async () => {
    const one = intent({
      id: 'pi_2',
      metadata: { orderId: ORDER },
      amount: 50_000,
      currency: 'huf',
    });
    const pages = [
      { data: [one], has_more: true },
      { data: [intent({ metadata: {}, status: 'requires_capture' })], has_more: false },
    ];
    const { gateway, sent } = gatewayOn(() => ({ body: { object: 'list', ...pages.shift() } }));
    expect(await listed(gateway, 1_900_000_000_999)).toEqual([
      { id: 'pi_2', status: 'unconfirmed', amount: 500, currency: 'huf', orderId: ORDER },
      { id: 'pi_1', status: 'authorized', amount: 4990, currency: 'usd' },
    ]);
    expect(sent[0]?.path).toContain('created[gte]=1900000000&');
    expect(sent[1]?.path).toContain('starting_after=pi_2');
  });
});
