/** Prices as people read them. Within Fairseat a price is an integer of the currency's minor unit. */

/** The currency of prices, and the visitor's locale. */
export interface Money {
  /** ISO 4217. */
  currency: string;
  /** BCP 47. */
  locale: string;
}

const formatters = new Map<string, Intl.NumberFormat>();
/** Visitors name their own language, so this bounds the memory that one can fill by naming many. */
const MAX_FORMATTERS = 200;

function formatter(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  let known = formatters.get(key);
  if (known === undefined) {
    if (formatters.size >= MAX_FORMATTERS) formatters.clear();
    known = new Intl.NumberFormat(locale, { style: 'currency', currency });
    formatters.set(key, known);
  }
  return known;
}

/** The number of digits after the decimal separator: 2 for USD, 0 for JPY. */
export const fractionDigits = (currency: string): number =>
  formatter('en', currency).resolvedOptions().maximumFractionDigits ?? 2;

/** 4990 → "49.90", exactly. */
export function toDecimal(price: number, currency: string): string {
  const digits = fractionDigits(currency);
  const text = String(price).padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** 4990 → "$49.90" or "49,90 $", by the visitor's locale. */
export const formatPrice = (price: number, currency: string, locale: string): string =>
  formatter(locale, currency).format(toDecimal(price, currency) as `${number}`);
