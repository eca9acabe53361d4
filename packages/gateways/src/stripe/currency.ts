/**
 * Amounts in Stripe's units. Ours have the digits that `Intl` shows, which for some currencies are fewer than Stripe counts
 * in: 500 forints are 500 here and 50000 there.
 */
import { priceNotPayable } from './errors.ts';

/** Currencies that Stripe counts in whole units, and in thousandths; all others in hundredths, also ISK and UGX. */
const WHOLE = 'bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' ');
const THOUSANDTHS = 'bhd jod kwd lyd omr tnd'.split(' ');

const digitsAtStripe = (currency: string) => {
  if (WHOLE.includes(currency)) return 0;
  return THOUSANDTHS.includes(currency) ? 3 : 2;
};

const digitsHere = (currency: string) =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
    .maximumFractionDigits ?? 2;

/** How many of Stripe's units are one of ours. */
const factorOf = (currency: string) => 10 ** (digitsAtStripe(currency) - digitsHere(currency));

/** @throws Problem (400) for thousandths that are no whole hundredths: Stripe takes none. */
export function toStripe(amount: number, currency: string): number {
  const units = amount * factorOf(currency);
  if (digitsHere(currency) === 3 && amount % 10 !== 0) {
    throw priceNotPayable(`in ${currency.toUpperCase()} it must end in 0`);
  }
  return units;
}

export const fromStripe = (units: number, currency: string) => units / factorOf(currency);
