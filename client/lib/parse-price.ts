import { MAX_PRICE } from '@fairseat/common/contracts/shared';
import {
  formatPrice,
  fractionDigits,
  type Money,
  separatorsOf,
  symbolsOf,
  toTyped,
} from './money.ts';

export type ParsedPrice = { price: number; error?: never } | { price?: never; error: string };

/** 49 · 49.90 · 49,9 · .50 */
const PLAIN = /^(\d*)(?:[.,d](\d*))?$/;
/** 1,234 · 1.234,50 · 1,234,567 · 12,34,567 */
const GROUPED = /^(\d{1,3}([., ])(?:(?:\d{3}\2)*|(?:\d\d\2)*)\d{3})(?:(?!\2)[.,d](\d*))?$/;
/** 1,234 · 49.900: groups to some, a fraction to others. */
const EITHER = /^([1-9]\d{0,2})([.,])(\d{3})$/;

/**
 * Parses a typed price ("49.90", "49,90", "1.234,50", "$ 49") into minor units, by its digits, so that it is exact.
 * What `formatPrice` shows is read back. What the locale leaves open is asked back, with both readings: nothing is
 * read as more than was meant.
 */
export function parsePrice(text: string, money: Money): ParsedPrice {
  const { currency } = money;
  const digits = fractionDigits(currency);
  const example = toTyped(4990, money);
  const plain = plainDigits(text, money);
  if (plain === '') return { error: `Type a price, for example ${example}.` };
  if (/^[-−]/.test(plain)) return { error: 'The price must be more than nothing.' };
  const question = askBack(plain, digits, money);
  if (question !== undefined) return { error: question };
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
    return { error: `The price may be at most ${toTyped(MAX_PRICE, money)}.` };
  }
  return { price: Number(minor) };
}

/** Every digit of every script that counts by tens, as 0 to 9. */
const DIGITS = new Map(
  Intl.supportedValuesOf('numberingSystem').flatMap((numberingSystem) => {
    const format = new Intl.NumberFormat('en', { numberingSystem, useGrouping: false });
    return Array.from(format.format(9876543210), (digit, at) => [digit, String(9 - at)] as const);
  }),
);

const withoutMarks = (text: string) =>
  text
    .replace(/\p{Cf}/gu, '')
    .normalize('NFKC')
    .trim();

/**
 * The text without currency, in the digits 0 to 9. A point and a comma stay; what only ever groups (a space, an
 * apostrophe) is a space, what only ever begins a fraction is a `d`.
 */
function plainDigits(text: string, money: Money): string {
  const { decimal } = separatorsOf(money);
  const symbols = symbolsOf(money)
    .map(withoutMarks)
    .filter((symbol) => symbol !== '')
    .sort((a, b) => b.length - a.length)
    .map((symbol) => symbol.replace(/[$.*+?()[\]{}|\\^]/g, '\\$&'))
    .concat('\\p{L}{0,3}\\p{Sc}')
    .join('|');
  // A letter would be taken for that `d`.
  const known = withoutMarks(text.replaceAll('d', 'D'))
    .replace(new RegExp(`^(?:${symbols})|(?:${symbols})$`, 'giu'), '')
    .replaceAll(/[.,]/.test(decimal) ? '٫' : decimal, 'd');
  return Array.from(known.trim(), (char) => DIGITS.get(char) ?? char)
    .join('')
    .replaceAll('٫', 'd')
    .replace(/[\s'’٬]/g, ' ');
}

/** The question that a price raises which the locale does not make plain. */
function askBack(plain: string, digits: number, money: Money): string | undefined {
  const [match, whole = '', separator = '', fraction = ''] = EITHER.exec(plain) ?? [];
  if (match === undefined) return undefined;
  const { decimal, group } = separatorsOf(money);
  // Nobody types a third digit where the currency has two.
  if (digits >= 3 ? separator === decimal : separator === group) return undefined;
  const readings = [
    whole + fraction.slice(0, digits).padEnd(digits, '0'),
    whole + fraction + '0'.repeat(digits),
  ];
  const [less, more] = readings.map((minor) =>
    formatPrice(Number(minor), money.currency, money.locale),
  );
  return `This could be ${less} or ${more}. Type the one that you mean.`;
}

function split(plain: string, digits: number): { whole: string; fraction: string } | undefined {
  const [, groups = '', , groupedFraction] = GROUPED.exec(plain) ?? [];
  const certain =
    groupedFraction !== undefined || groups.split(/[., ]/).length > 2 || groups.includes(' ');
  if (groups !== '' && (certain || (digits < 3 && !groups.startsWith('0')))) {
    return { whole: groups.replace(/[., ]/g, ''), fraction: groupedFraction ?? '' };
  }
  const [match, whole = '', fraction = ''] = PLAIN.exec(plain) ?? [];
  return match === undefined || whole + fraction === '' ? undefined : { whole, fraction };
}
