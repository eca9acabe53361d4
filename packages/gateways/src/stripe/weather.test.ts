/** What goes wrong between the gateway and Stripe, at each request: whoever asks again gets what was asked for, once. */
import { Unavailable } from '@fairseat/common/errors';
import type { GatewayPayment, PaymentGateway } from '@fairseat/common/ports';
import { openLocalStripe, stripeKeys } from '@fairseat/test-support/local-stripe';
import { Stripe } from 'stripe';
import { describe, expect, it } from 'vitest';
import type { Weather } from '../local-stripe/weather.ts';
import { openStripeGateway } from './stripe-gateway.ts';

type Fate = ReturnType<Weather['request']>;

const order = { key: 'charge-1', orderId: '0'.repeat(32), amount: 4990, currency: 'usd' };
const fates: Fate[] = [
  ...(['too_many', 'broken_before', 'broken_after'] as const),
  ...(['cut_before', 'cut_after', 'silent_before', 'silent_after'] as const),
];
const requests = {
  open: /^POST .*intents$/,
  confirm: /^POST .*confirm$/,
  capture: /^POST .*capture$/,
  cancel: /^POST .*cancel$/,
  refund: /^POST .*refunds$/,
  look: /^GET .*intents\//,
};
type Request = keyof typeof requests;

/** A gateway whose first such request meets this fate. */
async function meeting(fate: Fate, which: Request) {
  let isMet = false;
  const weather: Weather = {
    request(method, path) {
      if (isMet || !requests[which].test(`${method} ${path}`)) return 'fair';
      isMet = true;
      return fate;
    },
    webhook: () => [],
  };
  const { client: httpClient, clock } = await openLocalStripe({ weather });
  const { secretKey } = stripeKeys;
  const options = { secretKey, publicOrigin: 'http://127.0.0.1', server: { httpClient } };
  const gateway = openStripeGateway(options)({ clock, table: () => ({}) as never });
  const failures: unknown[] = [];

  /** Asks until it is told, as the reconciler does. */
  async function insist<T>(ask: (gateway: PaymentGateway) => Promise<T>): Promise<T> {
    for (let left = 3; ; left--) {
      let isOver = false;
      const answer = ask(gateway).finally(() => {
        isOver = true;
      });
      const passing = (async () => {
        while (!isOver) {
          clock.advance(1000);
          await new Promise(setImmediate);
        }
      })();
      try {
        return await answer;
      } catch (error) {
        if (!(error instanceof Unavailable) || left === 0) throw error;
        failures.push(error);
      } finally {
        await passing;
      }
    }
  }

  /** All that Stripe has: the status of each payment, and what it took and gave back. */
  async function books() {
    const stripe = new Stripe(secretKey, { httpClient });
    const { data } = await stripe.paymentIntents.list({ expand: ['data.latest_charge'] });
    const charges = data.flatMap(({ latest_charge: charge }) => (charge ?? []) as Stripe.Charge[]);
    return {
      statuses: data.map(({ status }) => status).toSorted(),
      taken: charges.map((charge) => charge.amount_captured),
      back: charges.map((charge) => charge.amount_refunded),
    };
  }

  return { insist, books, isMet: () => isMet, failures };
}

const held = async ({ insist }: Awaited<ReturnType<typeof meeting>>): Promise<GatewayPayment> => {
  const { id } = await insist((gateway) => gateway.open(order));
  return insist((gateway) => gateway.confirm(id, 'pm_card_visa', 'confirm-1', order.orderId));
};

/** After a look nothing is left to do that could break. */
const isFelt = (fate: Fate, which: Request) => fate !== 'broken_after' || which !== 'look';

/** An answer that was saved as a failure leaves a payment behind that nobody can confirm. */
const leftBehind = (fate: Fate, which: Request) =>
  fate === 'broken_after' && which === 'open' ? ['requires_payment_method'] : [];

describe.each(fates)('a request that meets “%s”', (fate) => {
  it.each<Request>(['open', 'confirm', 'capture', 'refund', 'look'])(
    'takes the money once and gives it back once: %s',
    async (which) => {
      const scene = await meeting(fate, which);
      const { id, status } = await held(scene);
      expect(status).toBe('authorized');
      const taken = await scene.insist((gateway) => gateway.capture(id, 'capture-1'));
      expect(taken.status).toBe('succeeded');
      const refund = await scene.insist((gateway) => gateway.refund(id, 'refund-1'));
      const found = await scene.insist((gateway) => gateway.find(id));
      expect(found.refundId).toBe(refund.id);
      expect(await scene.books()).toEqual({
        statuses: [...leftBehind(fate, which), 'succeeded'],
        taken: [4990],
        back: [4990],
      });
      expect(scene.isMet()).toBe(true);
      expect(scene.failures.length > 0).toBe(isFelt(fate, which));
    },
  );

  it.each<Request>(['open', 'confirm', 'cancel', 'look'])(
    'holds the money once, and takes none: %s',
    async (which) => {
      const scene = await meeting(fate, which);
      const { id } = await held(scene);
      const cancelled = await scene.insist((gateway) => gateway.cancel(id));
      expect(cancelled.status).toBe('cancelled');
      expect(await scene.books()).toMatchObject({
        statuses: ['canceled', ...leftBehind(fate, which)],
        taken: [0],
      });
      expect(scene.isMet()).toBe(true);
      expect(scene.failures.length > 0).toBe(isFelt(fate, which));
    },
  );
});

describe('two processes that ask for the same at once', () => {
  it('have it done once, whichever is told to ask again', async () => {
    const { client: httpClient, clock } = await openLocalStripe();
    const { secretKey } = stripeKeys;
    const open = () =>
      openStripeGateway({ secretKey, publicOrigin: 'http://127.0.0.1', server: { httpClient } })({
        ...{ clock, table: () => ({}) as never },
      });
    const [one, other] = [open(), open()];
    const { id } = await one.open(order);
    const asked = await Promise.allSettled(
      [one, other].map((gateway) =>
        gateway.confirm(id, 'pm_card_visa', 'confirm-1', order.orderId),
      ),
    );
    const outcomes = asked.map((each) =>
      each.status === 'fulfilled' ? each.value.status : each.reason.constructor,
    );
    expect(outcomes.toSorted((a) => (a === Unavailable ? 1 : -1))).toEqual([
      'authorized',
      Unavailable,
    ]);
    expect((await other.confirm(id, 'pm_card_visa', 'confirm-1', order.orderId)).status).toBe(
      'authorized',
    );
  });
});
