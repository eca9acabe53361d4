import type { GatewayPayment } from '@fairseat/common/ports';
import { clear, Simulation } from '@fairseat/platform/simulated';
import { stripeKeys, webhookSecret } from '@fairseat/test-support/local-stripe';
import { describe, expect, it } from 'vitest';
import { openStripeGateway } from '../stripe/stripe-gateway.ts';
import { createLocalClient, LocalStripe } from './index.ts';

const DAY_MS = 86_400_000;

describe('the local Stripe in the simulator', () => {
  it('lives on virtual time: a week is over at once, and the same week again is the same', async () => {
    const first = await week();
    expect(first.statuses).toEqual(['unconfirmed', 'authorized', 'cancelled']);
    expect(first.told.at(-1)).toMatch('charge.expired');
    expect((await week()).told).toEqual(first.told);
  });
});

/** What becomes of a hold that nobody captures. */
async function week() {
  let ids = 0;
  const told: string[] = [];
  const simulation = new Simulation({
    seed: 1,
    weather: clear,
    openGateway: ({ clock, table }) => {
      const local = new LocalStripe({
        platform: { clock, table, newId: () => String(ids++) },
        keys: stripeKeys,
        origin: 'http://stripe.local',
        webhooks: [{ url: 'http://127.0.0.1/', secret: webhookSecret, payload: 'snapshot' }],
        async send(_, body) {
          told.push(body);
          return 200;
        },
      });
      return openStripeGateway({
        secretKey: stripeKeys.secretKey,
        publicOrigin: 'http://127.0.0.1:3000',
        server: { httpClient: createLocalClient(local, clock) },
      })({ clock, table });
    },
  });
  const { platform } = simulation.process('payments', 0);
  const { gateway } = platform;
  const statuses: string[] = [];
  const run = async (call: Promise<GatewayPayment>) => {
    let answer: GatewayPayment | undefined;
    void call.then((payment) => {
      answer = payment;
    });
    await simulation.runUntil(simulation.nowMs + 60_000);
    if (!answer) throw new Error('no answer within a minute');
    statuses.push(answer.status);
    return answer;
  };
  const order = { orderId: '0'.repeat(32), amount: 4990, currency: 'usd' };
  const { id } = await run(gateway.open({ key: 'charge-1', ...order }));
  await run(gateway.confirm(id, 'pm_card_visa', 'confirm-1', order.orderId));
  await simulation.runUntil(simulation.nowMs + 7 * DAY_MS);
  await run(gateway.find(id));
  return { statuses, told };
}
