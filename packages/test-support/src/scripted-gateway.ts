/** For tests: Stripe's gateway on scripted answers. */
import { createTestClock } from '@fairseat/common/testing';
import { openStripeGateway, type StripeOptions } from '@fairseat/gateways/stripe';
import { scriptedStripe } from './scripted-stripe.ts';

export const ORDER = '0'.repeat(32);

/** A payment of 49.90 as Stripe tells of it. */
export const intent = (more: object = {}) => ({
  ...{ id: 'pi_1', object: 'payment_intent', amount: 4990, currency: 'usd' },
  ...{ status: 'requires_payment_method', client_secret: 'pi_1_secret_2' },
  ...{ last_payment_error: null, latest_charge: null, next_action: null },
  ...more,
});

type Answer = Parameters<typeof scriptedStripe>[0];

/** The gateway, with all that it sends. */
export function gatewayOn(answer: Answer, options: Partial<StripeOptions> = {}) {
  const { httpClient, sent } = scriptedStripe(answer);
  const gateway = openStripeGateway({
    ...{ secretKey: 'sk_test_key', publicOrigin: 'https://tickets.example' },
    ...options,
    server: { httpClient },
  })({ clock: createTestClock(), table: () => ({}) as never });
  return { gateway, sent, posted: () => sent.filter(({ method }) => method === 'POST') };
}

/** Answers each POST by `post`, and each GET with the payment as it is now. */
export const answers =
  (post: Answer, now: object): Answer =>
  (request) =>
    request.method === 'POST' ? post(request) : { body: intent(now) };

export const confirm = ({ gateway }: ReturnType<typeof gatewayOn>, token = 'ctoken_secret') =>
  gateway.confirm('pi_1', token, 'key', ORDER);
