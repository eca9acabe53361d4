import { badRequest } from '@fairseat/common/errors';

const digitsOf = (currency: string) =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions()
    .maximumFractionDigits;

/** @throws Problem (400) for a price of thousandths that are no whole hundredths: cards cannot be charged those. */
export function mustBePayable(price: number, currency: string) {
  if (digitsOf(currency) !== 3 || price % 10 === 0) return;
  throw badRequest(
    'invalid_request',
    `price: In ${currency.toUpperCase()} the price must end in 0, since cards cannot be charged thousandths.`,
    'price',
  );
}
