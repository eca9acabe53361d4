import type { Config } from './config.ts';

export const isLiveKey = (key: string | undefined) => /^[a-z]+_live_/.test(key ?? '');

/** What becomes of payments, in a line for people. */
export function paymentMode({ stripeSecretKey }: Pick<Config, 'stripeSecretKey'>): string {
  if (isLiveKey(stripeSecretKey)) return 'Stripe charges cards';
  const mode = stripeSecretKey === undefined ? 'TEST MODE' : 'TEST MODE of Stripe';
  return `${mode}: no card is charged and no money moves`;
}
