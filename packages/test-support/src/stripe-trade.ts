/** For tests: a marketplace on a local Stripe, which tells it by webhooks of both kinds. */
import { createTestClock } from '@fairseat/common/testing';
import { answerPage } from '@fairseat/gateways/local-stripe';
import { openStripeGateway } from '@fairseat/gateways/stripe';
import { openLocalStripe, stripeKeys } from './local-stripe.ts';
import type { TestMarketplace, TestOptions } from './marketplace.ts';
import { openTrade } from './trade.ts';

const ORIGIN = 'http://127.0.0.1:3000';
const WEBHOOK = '/api/payments/webhook';
/** Each registration has its own. */
const secrets = { snapshot: 'whsec_one', thin: 'whsec_two' };

export async function openStripeTrade(options: TestOptions = {}) {
  let market: TestMarketplace | undefined;
  const clock = createTestClock();
  const { local, client: httpClient } = await openLocalStripe({
    clock,
    webhooks: (['snapshot', 'thin'] as const).map((payload) => ({
      ...{ url: ORIGIN + WEBHOOK, secret: secrets[payload], payload },
    })),
    send: async (_url, payload, headers) => {
      const reply = await market?.app.inject({ method: 'POST', url: WEBHOOK, headers, payload });
      return reply?.statusCode ?? 503;
    },
  });
  const trade = await openTrade(undefined, {
    clock,
    openGateway: openStripeGateway({
      ...{ secretKey: stripeKeys.secretKey, publicOrigin: ORIGIN, server: { httpClient } },
      webhookSecrets: Object.values(secrets),
    }),
    ...options,
  });
  market = trade.market;

  return {
    ...trade,
    /** All that must not be told to anybody. */
    secrets: [stripeKeys.secretKey, ...Object.values(secrets)],
    /** A card as the form in the browser sends it ahead. */
    async token(method: string): Promise<string> {
      const answer = await local.handle({
        method: 'POST',
        path: '/v1/test_helpers/confirmation_tokens',
        headers: { authorization: `Bearer ${stripeKeys.secretKey}` },
        body: new URLSearchParams({ payment_method: method }).toString(),
      });
      return 'body' in answer ? String(answer.body['id']) : '';
    },
    /** The buyer answers on the page of their bank. */
    async answerBank(paymentId: string | null, answer: 'approve' | 'refuse') {
      const key = (await local.ledger.payment(paymentId ?? ''))?.intent.bankKey;
      const path = `/bank/${paymentId}?key=${key}`;
      return answerPage(local, { method: 'POST', path, body: `answer=${answer}` });
    },
    /** The payment at Stripe. */
    async atStripe(paymentId: string | null) {
      const { intent, charges, refunds } = (await local.ledger.payment(paymentId ?? '')) ?? {};
      const taken = charges?.map(({ amountCaptured }) => amountCaptured);
      return { intent, taken, refunds: refunds?.length };
    },
  };
}
