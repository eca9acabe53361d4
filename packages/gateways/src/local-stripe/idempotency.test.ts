import { openLocalStripe, stripeKeys } from '@fairseat/test-support/local-stripe';
import { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';
import type { Fate } from './weather.ts';

const order = { amount: 4990, currency: 'usd', allowed_payment_method_types: ['card' as const] };
const idempotencyKey = 'charge-1';
const DAY_MS = 86_400_000;

/** These befall the next requests, one each. */
const weatherOf = (fates: Fate[]) => ({
  request: () => fates.shift() ?? ('fair' as const),
  webhook: () => [0],
});

const replayed = ({ lastResponse }: { lastResponse: { headers: Record<string, string> } }) =>
  lastResponse.headers['idempotent-replayed'] === 'true';

describe('an idempotency key', () => {
  it('gets the first answer again for a day, and acts once', async () => {
    const { stripe, clock } = await openLocalStripe();
    const first = await stripe.paymentIntents.create(order, { idempotencyKey });
    expect(replayed(first)).toBe(false);
    await stripe.paymentIntents.confirm(first.id, { payment_method: 'pm_card_visa' });
    clock.advance(DAY_MS - 60_000);
    const again = await stripe.paymentIntents.create(order, { idempotencyKey });
    expect(again).toEqual(first);
    expect(replayed(again)).toBe(true);
    expect(again.status).toBe('requires_payment_method');
    expect((await stripe.paymentIntents.retrieve(first.id)).status).toBe('succeeded');
    clock.advance(60_000);
    const other = await stripe.paymentIntents.create(order, { idempotencyKey });
    expect(other.id).not.toBe(first.id);
    expect(replayed(other)).toBe(false);
  });

  it('gets a decline again', async () => {
    const { stripe } = await openLocalStripe();
    const { id } = await stripe.paymentIntents.create(order);
    const confirm = () =>
      stripe.paymentIntents.confirm(
        id,
        { payment_method: 'pm_card_chargeDeclined' },
        { idempotencyKey },
      );
    const errors = [
      await confirm().catch((error) => error),
      await confirm().catch((error) => error),
    ];
    expect(errors.map(({ requestId }) => requestId)).toEqual([
      expect.stringMatching(/^req_/),
      expect.not.stringMatching(errors[0].requestId),
    ]);
    expect(errors.map(({ charge }) => charge)).toEqual(Array(2).fill(errors[0].charge));
    expect(errors[1].headers['original-request']).toBe(errors[0].requestId);
    const { data } = await stripe.charges.list({ payment_intent: id });
    expect(data).toHaveLength(1);
  });

  it('is for one request: with other parameters it is refused', async () => {
    const { stripe } = await openLocalStripe();
    const { id } = await stripe.paymentIntents.create(order, { idempotencyKey });
    const others = [
      () => stripe.paymentIntents.create({ ...order, amount: 5000 }, { idempotencyKey }),
      () =>
        stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }, { idempotencyKey }),
    ];
    for (const other of others) {
      const error = await other().catch((thrown) => thrown);
      expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
      expect(error).toMatchObject({ statusCode: 400 });
    }
    expect((await stripe.paymentIntents.retrieve(id)).status).toBe('requires_payment_method');
  });

  it('does not mind the order of the parameters', async () => {
    const { local } = await openLocalStripe();
    const post = async (body: string) =>
      local.handle({
        method: 'POST',
        path: '/v1/payment_intents',
        headers: {
          authorization: `Bearer ${stripeKeys.secretKey}`,
          'idempotency-key': idempotencyKey,
        },
        body,
      });
    const first = await post('amount=4990&currency=usd&metadata[a]=1&metadata[b]=2');
    const again = await post('metadata[b]=2&metadata[a]=1&currency=usd&amount=4990');
    expect(again).toMatchObject({ headers: { 'idempotent-replayed': 'true' } });
    expect(again).toMatchObject({ body: (first as { body: unknown }).body });
  });

  it('in flight is refused, which is no failure of the payment', async () => {
    const { stripe } = await openLocalStripe();
    const { id } = await stripe.paymentIntents.create(order);
    const confirm = () =>
      stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }, { idempotencyKey });
    const [first, second] = await Promise.allSettled([confirm(), confirm()]);
    expect(first).toMatchObject({ status: 'fulfilled', value: { status: 'succeeded' } });
    expect(second).toMatchObject({
      status: 'rejected',
      reason: { statusCode: 409, code: 'idempotency_key_in_use' },
    });
    expect(replayed(await confirm())).toBe(true);
  });

  it('may have 255 characters, and no more', async () => {
    const { stripe } = await openLocalStripe();
    await stripe.paymentIntents.create(order, { idempotencyKey: 'k'.repeat(255) });
    await expect(
      stripe.paymentIntents.create(order, { idempotencyKey: 'k'.repeat(256) }),
    ).rejects.toMatchObject({ statusCode: 400, type: 'StripeInvalidRequestError' });
  });

  it('is not spent by parameters that are wrong', async () => {
    const { stripe } = await openLocalStripe();
    await expect(
      stripe.paymentIntents.create({ ...order, amount: 1.5 }, { idempotencyKey }),
    ).rejects.toMatchObject({ code: 'parameter_invalid_integer', param: 'amount' });
    expect(replayed(await stripe.paymentIntents.create(order, { idempotencyKey }))).toBe(false);
  });
});

describe('an answer of 500', () => {
  it.each(['broken_before', 'broken_after'] as const)(
    'is saved when it came %s all was done',
    async (fate) => {
      const fates: Fate[] = ['fair', fate];
      const { stripe } = await openLocalStripe({ weather: weatherOf(fates) });
      const { id } = await stripe.paymentIntents.create(order);
      const confirm = () =>
        stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' }, { idempotencyKey });
      await expect(confirm()).rejects.toMatchObject({ statusCode: 500, type: 'StripeAPIError' });
      await expect(confirm()).rejects.toMatchObject({
        statusCode: 500,
        headers: { 'idempotent-replayed': 'true', 'stripe-should-retry': 'false' },
      });
      const { status } = await stripe.paymentIntents.retrieve(id);
      expect(status).toBe(fate === 'broken_after' ? 'succeeded' : 'requires_payment_method');
    },
  );

  it('of a creation is saved too, and the intent is there', async () => {
    const { stripe } = await openLocalStripe({ weather: weatherOf(['broken_after']) });
    const create = () => stripe.paymentIntents.create(order, { idempotencyKey });
    await expect(create()).rejects.toMatchObject({ statusCode: 500 });
    await expect(create()).rejects.toMatchObject({ statusCode: 500 });
    expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
  });
});

describe('a request that is turned away', () => {
  it('with 429 has done nothing and is not saved', async () => {
    const { stripe } = await openLocalStripe({ weather: weatherOf(['too_many']) });
    const create = () => stripe.paymentIntents.create(order, { idempotencyKey });
    await expect(create()).rejects.toMatchObject({ statusCode: 429, type: 'StripeRateLimitError' });
    expect((await stripe.paymentIntents.list()).data).toEqual([]);
    expect(replayed(await create())).toBe(false);
  });

  it.each([
    ['cut_before', 0],
    ['cut_after', 1],
  ] as const)('by a connection that is %s is a StripeConnectionError', async (fate, made) => {
    const { stripe } = await openLocalStripe({ weather: weatherOf([fate]) });
    const create = () => stripe.paymentIntents.create(order, { idempotencyKey });
    await expect(create()).rejects.toMatchObject({ type: 'StripeConnectionError' });
    expect((await stripe.paymentIntents.list()).data).toHaveLength(made);
    expect(replayed(await create())).toBe(made === 1);
  });

  it.each([
    ['silent_before', 0],
    ['silent_after', 1],
  ] as const)('by silence (%s) ends at the limit of the SDK, on the clock', async (fate, made) => {
    const { stripe, clock } = await openLocalStripe({ weather: weatherOf([fate]) });
    const asked = stripe.paymentIntents.create(order, { idempotencyKey, timeout: 30_000 });
    const outcome = asked.catch((error) => error.message);
    await expect
      .poll(() => stripe.paymentIntents.list().then(({ data }) => data.length))
      .toBe(made);
    clock.advance(30_000);
    expect(await outcome).toMatch('timeout');
  });
});
