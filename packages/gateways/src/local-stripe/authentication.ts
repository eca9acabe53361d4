/** API keys. */
import { type Failure, invalid } from './failure.ts';

export interface StripeKeys {
  /** Begins with `sk_test_`. */
  secretKey: string;
  /** Begins with `pk_test_`. */
  publishableKey: string;
}

/** Whether a page asks, by the publishable key. @throws Failure (401) for a key that is not one of these. */
export function isByPage(authorization: string | undefined, keys: StripeKeys): boolean {
  const key = keyIn(authorization);
  if (key === undefined) {
    throw invalid(
      'You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. "Authorization: Bearer YOUR_SECRET_KEY").',
      {},
      401,
    );
  }
  if (key !== keys.secretKey && key !== keys.publishableKey) {
    throw invalid(`Invalid API Key provided: ${masked(key)}`, {}, 401);
  }
  return key === keys.publishableKey;
}

function keyIn(authorization = ''): string | undefined {
  const [scheme = '', credentials = ''] = authorization.split(' ');
  if (/^bearer$/i.test(scheme)) return credentials || undefined;
  if (!/^basic$/i.test(scheme)) return undefined;
  return Buffer.from(credentials, 'base64').toString().split(':')[0] || undefined;
}

const masked = (key: string) => `${key.slice(0, 8)}${'*'.repeat(8)}${key.slice(-4)}`;

/** @throws Failure */
export const pagesMayNot = (): Failure =>
  invalid(
    'This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.',
    { code: 'secret_key_required' },
    403,
  );
