import { openLocalStripe, stripeKeys } from '@fairseat/test-support/local-stripe';
import { temporaryFolder } from '@fairseat/test-support/process';
import { Stripe } from 'stripe';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveLocalStripe } from './index.ts';
import type { Fate } from './weather.ts';

const order = { amount: 4990, currency: 'usd', allowed_payment_method_types: ['card' as const] };

/** A local Stripe over HTTP, and the SDK as it comes. */
async function serve(fates: Fate[] = [], dataDir?: string) {
  const opened = await openLocalStripe({
    weather: { request: () => fates.shift() ?? 'fair', webhook: () => [0] },
    ...(dataDir !== undefined && { dataDir }),
  });
  const server = await serveLocalStripe(0, () => opened.local);
  onTestFinished(() => server.close());
  const stripe = new Stripe(stripeKeys.secretKey, {
    protocol: 'http',
    host: '127.0.0.1',
    port: server.port,
    maxNetworkRetries: 0,
    telemetry: false,
  });
  return { ...opened, stripe, server };
}

describe('the local Stripe over HTTP', () => {
  it('is reached by the SDK', async () => {
    const { stripe } = await serve();
    const intent = await stripe.paymentIntents.create({
      ...order,
      payment_method: 'pm_card_visa',
      confirm: true,
    });
    expect(intent.lastResponse).toMatchObject({
      statusCode: 200,
      requestId: expect.stringMatching(/^req_/),
    });
    expect(await stripe.refunds.create({ payment_intent: intent.id })).toMatchObject({
      status: 'succeeded',
    });
    await expect(stripe.refunds.create({ payment_intent: intent.id })).rejects.toMatchObject({
      code: 'charge_already_refunded',
    });
  });

  it('cuts a connection, upon which the SDK asks again by the same key', async () => {
    const { stripe } = await serve(['cut_after']);
    const intent = await stripe.paymentIntents.create(order);
    expect(intent.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
  });

  it('may never answer, although all was done', async () => {
    const { stripe } = await serve(['silent_after']);
    await expect(stripe.paymentIntents.create(order, { timeout: 100 })).rejects.toMatchObject({
      type: 'StripeConnectionError',
    });
    expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
  });

  it("shows the bank's page, and takes its form", async () => {
    const { stripe, server } = await serve();
    const intent = await stripe.paymentIntents.create({
      ...order,
      payment_method: 'pm_card_authenticationRequired',
      confirm: true,
      return_url: 'https://tickets.example/orders/1',
    });
    const { pathname, search } = new URL(String(intent.next_action?.redirect_to_url?.url));
    const bank = server.origin + pathname + search;
    const page = await fetch(bank);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain('Confirm the payment');
    const body = new URLSearchParams({ answer: 'approve' });
    const answer = await fetch(bank, { method: 'POST', body, redirect: 'manual' });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toMatch('https://tickets.example/orders/1?');
  });

  it('is reached by no other address', async () => {
    const { server } = await serve();
    await expect(fetch(`http://127.0.0.2:${server.port}/`)).rejects.toThrow('fetch failed');
  });
});

describe('what a local Stripe keeps', () => {
  it('is there after a crash: state, keys, and webhooks that were not taken', async () => {
    const folder = temporaryFolder();
    onTestFinished(() => folder[Symbol.dispose]());
    const before = await openLocalStripe({ dataDir: folder.path, send: async () => 500 });
    const options = { idempotencyKey: 'charge-1' };
    const params = { ...order, payment_method: 'pm_card_visa', confirm: true };
    const intent = await before.stripe.paymentIntents.create(params, options);
    const refund = await before.stripe.refunds.create({ payment_intent: intent.id });
    before.crash();
    const after = await openLocalStripe({ dataDir: folder.path });
    expect(await after.stripe.paymentIntents.create(params, options)).toEqual(intent);
    expect(await after.stripe.refunds.retrieve(refund.id)).toMatchObject(refund);
    after.clock.advance(60_000);
    await expect.poll(after.types).toContain('charge.refunded');
  });
});
