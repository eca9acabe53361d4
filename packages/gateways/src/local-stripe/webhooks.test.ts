import { seeded } from '@fairseat/common/testing';
import { openLocalStripe, webhookSecret } from '@fairseat/test-support/local-stripe';
import { describe, expect, it } from 'vitest';
import { roughWeather } from './index.ts';

type Opened = Awaited<ReturnType<typeof openLocalStripe>>;

const pay = ({ stripe }: Pick<Opened, 'stripe'>) =>
  stripe.paymentIntents.create(
    {
      amount: 4990,
      currency: 'usd',
      allowed_payment_method_types: ['card'],
      payment_method: 'pm_card_visa',
      confirm: true,
    },
    { idempotencyKey: 'charge-1' },
  );

const TYPES = ['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded'];

describe('a webhook', () => {
  it('is a snapshot that the SDK verifies', async () => {
    const opened = await openLocalStripe();
    const { stripe, heard, types, clock } = opened;
    const intent = await pay(opened);
    await expect.poll(types).toEqual(TYPES);
    const last = heard.findLast(({ url }) => url.endsWith('/snapshot'));
    const signature = String(last?.headers['stripe-signature']);
    const event = stripe.webhooks.constructEvent(String(last?.body), signature, webhookSecret);
    expect(event).toMatchObject({
      type: 'payment_intent.succeeded',
      api_version: '2026-10-28.endive',
      data: { object: { id: intent.id, status: 'succeeded' } },
      request: { idempotency_key: 'charge-1' },
    });
    const at = Math.floor(clock.now() / 1000);
    const made = stripe.webhooks.generateTestHeaderString({
      payload: String(last?.body),
      secret: webhookSecret,
      timestamp: Number(/t=(\d+)/.exec(signature)?.[1] ?? at),
    });
    expect(signature).toBe(made);
    const check = (body: string, secret: string) => () =>
      stripe.webhooks.constructEvent(body, signature, secret);
    expect(check(String(last?.body), 'whsec_other')).toThrow(/signature/);
    expect(check(`${last?.body} `, webhookSecret)).toThrow(/signature/);
  });

  it('is a thin notification, by which the SDK finds the object', async () => {
    const opened = await openLocalStripe();
    const { stripe, heard } = opened;
    const intent = await pay(opened);
    const thin = () => heard.filter(({ url }) => url.endsWith('/thin'));
    await expect.poll(thin).toHaveLength(TYPES.length);
    const last = thin().at(-1);
    const signature = String(last?.headers['stripe-signature']);
    const body = String(last?.body);
    const notification = stripe.parseEventNotification(body, signature, webhookSecret);
    expect(notification).toMatchObject({
      object: 'v2.core.event',
      type: 'v1.payment_intent.succeeded',
      related_object: { id: intent.id, type: 'payment_intent' },
    });
    if (notification.type !== 'v1.payment_intent.succeeded') throw new Error(notification.type);
    expect(await notification.fetchRelatedObject()).toMatchObject({
      id: intent.id,
      status: 'succeeded',
    });
    expect(await notification.fetchEvent()).toMatchObject({ id: notification.id });
    expect(() => stripe.webhooks.constructEvent(body, signature, webhookSecret)).toThrow(/thin/);
  });

  it('is sent again, ever later, until it is taken', async () => {
    const answers = [500, new Error('away'), 404, 302];
    const at: number[] = [];
    const webhooks = [
      { url: 'http://127.0.0.1/', secret: webhookSecret, payload: 'thin' as const },
    ];
    const opened = await openLocalStripe({
      webhooks,
      async send() {
        at.push(opened.clock.now());
        const answer = answers.shift() ?? 200;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    });
    await opened.stripe.paymentIntents.create({ amount: 4990, currency: 'usd' });
    const [{ id = '' } = {}] = (await opened.stripe.events.list()).data;
    const pending = async () => (await opened.stripe.events.retrieve(id)).pending_webhooks;
    for (const pause of [1000, 4000, 16_000, 64_000]) {
      const sent = at.length + 1;
      await expect.poll(() => at.length).toBe(sent);
      expect(await pending()).toBe(1);
      opened.clock.advance(pause);
    }
    await expect.poll(() => at.length).toBe(5);
    await expect.poll(pending).toBe(0);
  });

  it('is given up after three days', async () => {
    let attempts = 0;
    const opened = await openLocalStripe({
      webhooks: [{ url: 'http://127.0.0.1/', secret: webhookSecret, payload: 'snapshot' }],
      async send() {
        attempts += 1;
        return 500;
      },
    });
    await opened.stripe.paymentIntents.create({ amount: 4990, currency: 'usd' });
    const pending = async () => (await opened.stripe.events.list()).data[0]?.pending_webhooks;
    await expect.poll(pending).toBe(1);
    while ((await pending()) === 1) {
      const before = attempts;
      opened.clock.advance(3_600_000);
      await expect.poll(async () => attempts > before || (await pending()) === 0).toBe(true);
    }
    expect(attempts).toBeGreaterThan(70);
    expect(opened.errors).toEqual([]);
  });
});

describe('rough weather', () => {
  /** What is heard of ten payments. */
  const heardOf = async (seed: number) => {
    const opened = await openLocalStripe({
      weather: roughWeather(seeded(seed), { requests: 0, webhooks: 0.5, lateByMs: 60_000 }),
    });
    for (let n = 0; n < 10; n += 1) {
      await opened.stripe.paymentIntents.create({ amount: 4990 + n, currency: 'usd' });
    }
    await opened.local.settled();
    const soon = opened.heard.length;
    opened.clock.advance(60_000);
    await opened.local.settled();
    const numbers = opened.heard
      .filter(({ url }) => url.endsWith('/snapshot'))
      .map(({ body }) => JSON.parse(body).data.object.amount - 4990);
    return { soon, numbers };
  };

  it('has webhooks lost, late, doubled and out of order, the same for the same seed', async () => {
    const { soon, numbers } = await heardOf(7);
    const once = [...new Set(numbers)];
    expect(once.length).toBeLessThan(10);
    expect(numbers.length).toBeGreaterThan(once.length);
    expect(once.toSorted((a, b) => a - b)).not.toEqual(once);
    expect(soon).toBeLessThan(20);
    expect((await heardOf(7)).numbers).toEqual(numbers);
    expect((await heardOf(8)).numbers).not.toEqual(numbers);
  });

  it('befalls requests in every way', async () => {
    let n = 0;
    const weather = roughWeather(() => (n++ % 15) / 15, {
      requests: 1,
      webhooks: 0,
      lateByMs: 0,
    });
    const fates = new Set(Array.from({ length: 100 }, () => weather.request('GET', '/')));
    expect(fates.size).toBe(7);
  });
});
