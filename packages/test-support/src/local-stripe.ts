/** For tests: a local Stripe in this process, on a clock that can be moved, and what it has sent. */
import { createTestClock, type TestClock } from '@fairseat/common/testing';
import {
  createLocalClient,
  createLocalSdk,
  LocalStripe,
  type LocalStripeOptions,
} from '@fairseat/gateways/local-stripe';
import { openEmbedded } from '@fairseat/platform/embedded';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './process.ts';

type Given = Partial<Pick<LocalStripeOptions, 'webhooks' | 'send' | 'weather' | 'origin'>> & {
  clock?: TestClock;
  /** Of a local Stripe before. */
  dataDir?: string;
};

interface Heard {
  url: string;
  body: string;
  headers: Record<string, string>;
}

export const stripeKeys = { secretKey: 'sk_test_local', publishableKey: 'pk_test_local' };
export const webhookSecret = 'whsec_local';

/** Closed at the end of the test. Webhooks of both kinds are taken, unless `send` says otherwise. */
export async function openLocalStripe(given: Given = {}) {
  const { clock = createTestClock(), origin = 'http://127.0.0.1:12111' } = given;
  const folder = temporaryFolder();
  const errors: unknown[] = [];
  const heard: Heard[] = [];
  const platform = openEmbedded({ dataDir: given.dataDir ?? folder.path, clock });
  const local = new LocalStripe({
    platform,
    keys: stripeKeys,
    origin,
    webhooks: given.webhooks ?? [
      { url: 'http://127.0.0.1/snapshot', secret: webhookSecret, payload: 'snapshot' },
      { url: 'http://127.0.0.1/thin', secret: webhookSecret, payload: 'thin' },
    ],
    send:
      given.send ??
      (async (url, body, headers) => {
        heard.push({ url, body, headers });
        return 200;
      }),
    ...(given.weather && { weather: given.weather }),
    onError: (error) => errors.push(error),
  });
  onTestFinished(async () => {
    await local.close();
    await platform.close();
    folder[Symbol.dispose]();
  });
  await platform.start();
  local.start();
  const stripe = createLocalSdk(local, clock, stripeKeys.secretKey);
  return {
    local,
    clock,
    /** Ends as a killed process would. */
    crash: () => platform.crash(),
    heard,
    /** Of its background work. */
    errors,
    /** For an SDK with settings of its own. */
    client: createLocalClient(local, clock),
    stripe,
    /** Opens a payment by card, whose money is to be held. */
    openIntent: (more: Partial<Parameters<typeof stripe.paymentIntents.create>[0]> = {}) =>
      stripe.paymentIntents.create({
        ...{ amount: 4990, currency: 'usd', allowed_payment_method_types: ['card'] },
        payment_method_options: { card: { capture_method: 'manual' } },
        ...more,
      }),
    /** Types of the snapshots so far. */
    types: () =>
      heard
        .filter(({ url }) => url.endsWith('/snapshot'))
        .map(({ body }): string => JSON.parse(body).type),
  };
}
