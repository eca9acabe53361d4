/** Amounts, in minor units, as Stripe takes them. */
import { z } from 'zod';
import { invalid } from './failure.ts';

/** The least that is taken; 1 in other currencies here. */
const LEAST: Record<string, number> = { usd: 50, eur: 50, chf: 50, gbp: 30, jpy: 50 };
const MOST = 99_999_999;
/** Of their three decimals Stripe takes two: the last digit must be 0. */
const THREE_DECIMALS = new Set(['bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd']);
const ZERO_DECIMALS = new Set([
  'bif',
  'clp',
  'djf',
  'gnf',
  'jpy',
  'kmf',
  'krw',
  'mga',
  'pyg',
  'rwf',
  'ugx',
  'vnd',
  'vuv',
  'xaf',
  'xof',
  'xpf',
]);

const known = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()));

export const currency = z
  .string()
  .toLowerCase()
  .refine((code) => known.has(code), {
    error: ({ input }) => `Invalid currency: ${input}.`,
  });

/** @throws Failure */
export function checkAmount(amount: number, code: string): void {
  const least = LEAST[code] ?? 1;
  if (amount < least) {
    throw invalid(`Amount must be at least ${written(least, code)}`, {
      code: 'amount_too_small',
      param: 'amount',
    });
  }
  if (amount > MOST) {
    throw invalid(`Amount must be no more than ${written(MOST, code)}`, {
      code: 'amount_too_large',
      param: 'amount',
    });
  }
  if (THREE_DECIMALS.has(code) && amount % 10 !== 0) {
    throw invalid(
      `Invalid amount: the last digit of an amount in ${code} must be 0, since its last decimal is not supported.`,
      { code: 'invalid_charge_amount', param: 'amount' },
    );
  }
}

/** For people to read. */
export function written(amount: number, code: string): string {
  const decimals = ZERO_DECIMALS.has(code) ? 0 : THREE_DECIMALS.has(code) ? 3 : 2;
  return `${(amount / 10 ** decimals).toFixed(decimals)} ${code.toUpperCase()}`;
}
