/** Every request of the gateway, sent to stripe-mock, which checks it against Stripe's own description of the API. */
import type { PaymentGateway } from '@fairseat/common/ports';
import { createTestClock } from '@fairseat/common/testing';
import { listed } from '@fairseat/test-support/listed';
import { startStripeMock } from '@fairseat/test-support/stripe-mock';
import { Stripe } from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStripeGateway } from './stripe-gateway.ts';

const SECRET = 'whsec_mock';
const order = { key: 'charge-1', orderId: '0'.repeat(32), amount: 4990, currency: 'usd' };
const clock = createTestClock();

let gateway: PaymentGateway;
let end: () => Promise<void>;
beforeAll(async () => {
  const mock = await startStripeMock();
  end = () => mock.end();
  gateway = openStripeGateway({
    secretKey: 'sk_test_123',
    webhookSecrets: [SECRET],
    publicOrigin: 'https://tickets.example',
    server: { protocol: 'http', host: '127.0.0.1', port: mock.port },
  })({ clock, table: () => ({}) as never });
});
afterAll(() => end());

function thin(type: string, id: string) {
  const payload = JSON.stringify({
    ...{ id: 'evt_1', object: 'v2.core.event', type: `v1.${type}.updated` },
    related_object: { id, type, url: `/v1/${type}s/${id}` },
  });
  const timestamp = clock.now() / 1000;
  const header = { payload, secret: SECRET, timestamp };
  const signature = Stripe.webhooks.generateTestHeaderString(header);
  return gateway.verify?.(Buffer.from(payload), { 'stripe-signature': signature });
}

describe('stripe-mock', () => {
  it.each<[string, () => unknown]>([
    ['opens a payment', () => gateway.open(order)],
    ['opens one in a currency without cents', () => gateway.open({ ...order, currency: 'jpy' })],
    ['confirms with a token', () => gateway.confirm('pi_1', 'ctoken_1', 'one', order.orderId)],
    [
      'confirms with a test card',
      () => gateway.confirm('pi_1', 'pm_card_visa', 'two', order.orderId),
    ],
    ['captures', () => gateway.capture('pi_1', 'three')],
    ['finds', () => gateway.find('pi_1')],
    ['lists', () => gateway.list?.(clock.now())[Symbol.asyncIterator]().next()],
    ['cancels', () => gateway.cancel('pi_1')],
    ['refunds', () => gateway.refund('pi_1', 'four')],
    ['lists', () => listed(gateway, clock.now())],
    ['finds the payment of a charge', () => thin('charge', 'ch_1')],
    ['finds the payment of a refund', () => thin('refund', 're_1')],
    ['finds the payment of a dispute', () => thin('dispute', 'du_1')],
  ])('%s', async (_, request) => {
    await expect(request()).resolves.not.toThrow();
  });

  it.each([49.9, 'much' as never])('refuses what Stripe does not take: %s', async (amount) => {
    await expect(gateway.open({ ...order, amount })).rejects.toThrow(
      /^Stripe refused a request of ours \(StripeInvalidRequestError, 400/,
    );
  });
});
