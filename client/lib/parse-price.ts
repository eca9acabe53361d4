import { MAX_PRICE } from '@fairseat/common/contracts/shared';
import { fractionDigits, toDecimal } from './money.ts';

export type ParsedPrice = { price: number; error?: never } | { price?: never; error: string };

/** 49 · 49.90 · 49,9 · .50 */
const PLAIN = /^(\d*)(?:[.,](\d*))?$/;
/** 1,234 · 1.234,50 · 1,234,567 */
const GROUPED = /^(\d{1,3}([.,])\d{3}(?:\2\d{3})*)(?:(?!\2)[.,](\d*))?$/;

/**
 * Parses a typed price ("49.90", "49,90", "1.234,50", "$ 49") into minor units, by its digits, so that it is exact.
 * A single separator before three digits groups thousands, unless the currency itself has three decimals.
 */
export function parsePrice(text: string, currency: string): ParsedPrice {
  const digits = fractionDigits(currency);
  const example = toDecimal(4990, currency);
  const plain = plainDigits(text, currency);
  if (plain === '') return { error: `Type a price, for example ${example}.` };
  if (plain.startsWith('-')) return { error: 'The price must be more than nothing.' };
  const parts = split(plain, digits);
  if (parts === undefined) return { error: `This is not a price. Type it like ${example}.` };
  const { whole, fraction } = parts;
  if (digits === 0 && fraction !== '') {
    return { error: `Type a whole number: ${currency.toUpperCase()} has no smaller unit.` };
  }
  if (fraction.length > digits) {
    return { error: `Use at most ${digits} digits after the separator, for example ${example}.` };
  }
  const minor = (whole + fraction.padEnd(digits, '0')).replace(/^0+/, '');
  if (minor === '') return { error: 'The price must be more than nothing.' };
  // Longer numbers are compared by their length, since not all of them are exact as a `number`.
  if (minor.length > String(MAX_PRICE).length || Number(minor) > MAX_PRICE) {
    return { error: `The price may be at most ${toDecimal(MAX_PRICE, currency)}.` };
  }
  return { price: Number(minor) };
}

/** The text without currency and spaces, in the digits 0 to 9. */
const plainDigits = (text: string, currency: string) =>
  text
    .normalize('NFKC')
    .replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 0xf))
    .replaceAll('٫', '.')
    .replaceAll('٬', ',')
    .replace(new RegExp(currency, 'i'), '')
    .replace(/[\p{Sc}\s'’]/gu, '');

function split(plain: string, digits: number): { whole: string; fraction: string } | undefined {
  const [, groups = '', separator = '', groupedFraction] = GROUPED.exec(plain) ?? [];
  const certain = groupedFraction !== undefined || groups.split(separator).length > 2;
  if (groups !== '' && (certain || (digits !== 3 && !groups.startsWith('0')))) {
    return { whole: groups.replace(/[.,]/g, ''), fraction: groupedFraction ?? '' };
  }
  const [match, whole = '', fraction = ''] = PLAIN.exec(plain) ?? [];
  return match === undefined || whole + fraction === '' ? undefined : { whole, fraction };
}
