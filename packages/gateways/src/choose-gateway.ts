import { type Config, ConfigError, isLiveKey } from '@fairseat/common/kit';
import type { OpenGateway } from '@fairseat/common/ports';
import { openStripeGateway, type StripeOptions } from './stripe/stripe-gateway.ts';
import { openTestGateway } from './test/test-gateway.ts';

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/**
 * Returns the configured gateway: Stripe where there is a key to it, else the one that moves no money. `onWarning` is told
 * what an operator may want to change; `server` is a local Stripe that stands in for Stripe's own.
 * @throws ConfigError for settings by which buyers would pay and sellers get nothing, or nobody could pay.
 */
export function chooseGateway(
  config: Config,
  onWarning: (line: string) => void = () => {},
  server?: StripeOptions['server'],
): OpenGateway {
  const { stripeSecretKey, stripePublishableKey, stripeWebhookSecrets, publicOrigin } = config;
  mustBePaid(config);
  if (stripeSecretKey === undefined) {
    if (stripePublishableKey ?? stripeWebhookSecrets)
      throw wrong('STRIPE_SECRET_KEY is not set, while other keys of Stripe are: set all or none');
    return openTestGateway;
  }
  if (publicOrigin === undefined) {
    throw wrong(
      'PUBLIC_ORIGIN is not set: with Stripe it is needed, since banks send buyers back there',
    );
  }
  mustBeOfOneMode(stripeSecretKey, stripePublishableKey);
  if (stripeWebhookSecrets === undefined) {
    onWarning(
      'STRIPE_WEBHOOK_SECRETS is not set: Stripe is asked how payments stand, and cannot tell',
    );
  }
  return openStripeGateway({
    secretKey: stripeSecretKey,
    publishableKey: stripePublishableKey,
    webhookSecrets: stripeWebhookSecrets,
    publicOrigin,
    ...(server && { server }),
  });
}

/** The public must not get tickets for payments that move no money, unless that is meant. */
function mustBePaid({ stripeSecretKey, publicOrigin = '', allowTestPayments }: Config) {
  if (isLiveKey(stripeSecretKey) || allowTestPayments || !isPublic(publicOrigin)) return;
  const what = stripeSecretKey
    ? 'STRIPE_SECRET_KEY is of test mode'
    : 'STRIPE_SECRET_KEY is not set';
  throw wrong(
    `${what}, so no money would move at ${publicOrigin}: set a live key, or ALLOW_TEST_PAYMENTS=on if that is meant`,
  );
}

const isPublic = (origin: string) =>
  origin.startsWith('https:') && !LOOPBACK.test(new URL(origin).hostname);

function mustBeOfOneMode(secretKey: string, publishableKey: string | undefined) {
  if (publishableKey === undefined) {
    if (isLiveKey(secretKey))
      throw wrong('STRIPE_PUBLISHABLE_KEY is not set, and nobody could pay');
    return;
  }
  if (isLiveKey(secretKey) === isLiveKey(publishableKey)) return;
  const [live, test] = isLiveKey(secretKey)
    ? ['STRIPE_SECRET_KEY', 'STRIPE_PUBLISHABLE_KEY']
    : ['STRIPE_PUBLISHABLE_KEY', 'STRIPE_SECRET_KEY'];
  throw wrong(`${live} is live and ${test} is of test mode: take both from the same mode`);
}

const wrong = (what: string) => new ConfigError(`Wrong setting: ${what}`);
