import { expect, it } from 'vitest';
import { withStripe } from './stripe-policy.ts';

it('a policy with Stripe in it allows what it did, and Stripe where it needs to be', () => {
  const policy = "default-src 'none'; script-src 'nonce-1' 'strict-dynamic'; img-src 'self'";
  expect(withStripe(`${policy}; connect-src 'self'; frame-ancestors 'none'`).split('; ')).toEqual([
    "default-src 'none'",
    "script-src 'nonce-1' 'strict-dynamic' https://js.stripe.com",
    "img-src 'self' https://*.stripe.com",
    "connect-src 'self' https://api.stripe.com",
    "frame-ancestors 'none'",
    'frame-src https://js.stripe.com https://hooks.stripe.com',
  ]);
});
