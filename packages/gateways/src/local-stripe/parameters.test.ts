import { openLocalStripe, stripeKeys } from '@fairseat/test-support/local-stripe';
import type { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';

const order = { amount: 4990, currency: 'usd', allowed_payment_method_types: ['card' as const] };

describe('a parameter that is wrong', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['unknown', { sum: 1 }, { code: 'parameter_unknown', param: 'sum' }],
    [
      'unknown within another',
      { automatic_payment_methods: { enabled: true, often: 1 } },
      { code: 'parameter_unknown', param: 'automatic_payment_methods[often]' },
    ],
    ['missing', { amount: undefined }, { code: 'parameter_missing', param: 'amount' }],
    ['empty', { currency: '' }, { code: 'parameter_invalid_empty', param: 'currency' }],
    ['no number', { amount: 'ten' }, { code: 'parameter_invalid_integer', param: 'amount' }],
    ['too small', { amount: 0 }, { code: 'parameter_invalid_integer', param: 'amount' }],
    ['no currency', { currency: 'zzz' }, { message: 'Invalid currency: zzz.', param: 'currency' }],
    [
      'of older versions',
      { payment_method_types: ['card'] },
      { code: 'payment_method_types_no_longer_supported' },
    ],
    [
      'at odds with another',
      { automatic_payment_methods: { enabled: true } },
      { code: 'parameters_exclusive' },
    ],
    ['not to be expanded', { expand: ['status'] }, { param: 'expand' }],
  ])('because it is %s is named, and nothing is done', async (_, params, error) => {
    const { stripe } = await openLocalStripe();
    const sent = { ...order, ...params } as Stripe.PaymentIntentCreateParams;
    const thrown = await stripe.paymentIntents.create(sent).catch((reason) => reason);
    expect(thrown).toMatchObject({ statusCode: 400, type: 'StripeInvalidRequestError', ...error });
    expect(thrown.raw.request_log_url).toContain(thrown.requestId);
    expect((await stripe.paymentIntents.list()).data).toEqual([]);
  });
});

describe('a request', () => {
  const ask = async (
    headers: Record<string, string>,
    more: { method?: string; path?: string } = {},
  ) => {
    const { local } = await openLocalStripe();
    const request = { method: 'GET', path: '/v1/payment_intents', body: '', ...more };
    const answer = await local.handle({ ...request, headers });
    if ('lost' in answer) throw new Error(answer.lost);
    return answer;
  };
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const basic = (key: string) => ({
    authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
  });

  it('needs the secret key', async () => {
    expect((await ask(bearer(stripeKeys.secretKey))).status).toBe(200);
    expect((await ask(basic(stripeKeys.secretKey))).status).toBe(200);
    for (const headers of [{}, bearer(''), bearer('sk_test_other'), basic('sk_test_other')]) {
      expect(await ask(headers)).toMatchObject({
        status: 401,
        body: { error: { type: 'invalid_request_error' } },
      });
    }
    const { body } = await ask(bearer(`sk_test_${'secret'.repeat(4)}1234`));
    expect(JSON.stringify(body)).not.toContain('secretsecret');
    expect(await ask(bearer(stripeKeys.publishableKey))).toMatchObject({
      status: 403,
      body: { error: { code: 'secret_key_required' } },
    });
  });

  it('of a page needs the client secret', async () => {
    const { local, stripe } = await openLocalStripe();
    const intent = await stripe.paymentIntents.create(order);
    const show = async (query: string) =>
      local.handle({
        method: 'GET',
        path: `/v1/payment_intents/${intent.id}${query}`,
        headers: bearer(stripeKeys.publishableKey),
        body: '',
      });
    expect(await show('')).toMatchObject({ status: 400 });
    expect(await show('?client_secret=other')).toMatchObject({ status: 400 });
    expect(await show(`?client_secret=${intent.client_secret}`)).toMatchObject({
      status: 200,
      body: { id: intent.id },
    });
  });

  it('to a path that is not served says so', async () => {
    for (const [method, path] of [
      ['GET', '/v1/customers'],
      ['DELETE', '/v1/payment_intents'],
      ['GET', '/v1/payment_intents/a/b/c'],
      ['GET', '/v2/core/accounts'],
    ]) {
      const answer = await ask(bearer(stripeKeys.secretKey), { method, path } as { path: string });
      expect(answer).toMatchObject({ status: 404 });
      expect(JSON.stringify(answer.body)).toContain('Unrecognized request URL');
    }
  });
});

describe('a list', () => {
  it('has the newest first, page by page', async () => {
    const { stripe, clock } = await openLocalStripe();
    const ids: string[] = [];
    for (let n = 0; n < 7; n += 1) {
      ids.unshift((await stripe.paymentIntents.create(order)).id);
      clock.advance(2000);
    }
    const first = await stripe.paymentIntents.list({ limit: 3 });
    expect(first).toMatchObject({ object: 'list', has_more: true, url: '/v1/payment_intents' });
    expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    const back = await stripe.paymentIntents.list({ limit: 2, ending_before: ids[3] as string });
    expect(back.data.map(({ id }) => id)).toEqual(ids.slice(1, 3));
    const all: string[] = [];
    for await (const { id } of stripe.paymentIntents.list({ limit: 3 })) all.push(id);
    expect(all).toEqual(ids);
    const since = first.data[1]?.created ?? 0;
    const late = await stripe.paymentIntents.list({ created: { gte: since } });
    expect(late.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    await expect(stripe.paymentIntents.list({ starting_after: 'pi_none' })).rejects.toMatchObject({
      code: 'resource_missing',
      param: 'starting_after',
    });
    await expect(stripe.paymentIntents.list({ limit: 101 })).rejects.toMatchObject({
      param: 'limit',
    });
  });

  it('of events can be narrowed down to some types', async () => {
    const { stripe } = await openLocalStripe();
    await stripe.paymentIntents.create({ ...order, payment_method: 'pm_card_visa', confirm: true });
    const { data } = await stripe.events.list({ types: ['charge.succeeded', 'refund.failed'] });
    expect(data.map(({ type }) => type)).toEqual(['charge.succeeded']);
    expect((await stripe.events.list({ type: 'payment_intent.created' })).data).toHaveLength(1);
  });
});
