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

function formatter(
  locale: string,
  currency: string,
  options: Intl.NumberFormatOptions = {},
): Intl.NumberFormat {
  const key = `${locale} ${currency} ${Object.values(options)}`;
  let known = formatters.get(key);
  if (known === undefined) {
    if (formatters.size >= MAX_FORMATTERS) formatters.clear();
    known = new Intl.NumberFormat(locale, { style: 'currency', currency, ...options });
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

const partsOf = ({ currency, locale }: Money, number: `${number}`) =>
  formatter(locale, currency).formatToParts(number as unknown as number);

/** 4990 → "49.90" or "49,90": a price as the visitor types it, without currency and groups. */
export const toTyped = (price: number, money: Money): string =>
  partsOf(money, toDecimal(price, money.currency) as `${number}`)
    .filter(({ type }) => type === 'integer' || type === 'decimal' || type === 'fraction')
    .map(({ value }) => value)
    .join('');

/** What stands before a fraction and between groups where the visitor lives. */
export function separatorsOf({ currency, locale }: Money) {
  const parts = formatter(locale, currency, { minimumFractionDigits: 1 }).formatToParts(
    1_234_567.8,
  );
  const textOf = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return { decimal: textOf('decimal'), group: textOf('group') };
}

/** The ways to write the currency: its code, and its signs in the visitor's language. */
export const symbolsOf = ({ currency, locale }: Money): string[] => [
  currency,
  ...(['symbol', 'narrowSymbol'] as const).flatMap((currencyDisplay) =>
    formatter(locale, currency, { currencyDisplay })
      .formatToParts(1)
      .filter(({ type }) => type === 'currency')
      .map(({ value }) => value),
  ),
];
