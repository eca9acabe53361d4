import { MAX_PRICE } from '@fairseat/common/contracts/shared';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPrice, fractionDigits, toDecimal } from './money.ts';
import { parsePrice } from './parse-price.ts';

const priceOf = (text: string, currency = 'usd') => parsePrice(text, currency).price;
const errorOf = (text: string, currency = 'usd') => parsePrice(text, currency).error;

describe('a typed price', () => {
  it.each([
    ['49.90', 4990],
    ['49,90', 4990],
    ['49.9', 4990],
    ['49', 4900],
    ['49.', 4900],
    ['.50', 50],
    ['0,5', 50],
    ['0.29', 29],
    ['007.10', 710],
    ['1,234.50', 123_450],
    ['1.234,50', 123_450],
    ['1 234,50', 123_450],
    ['1’234.50', 123_450],
    ['1,234', 123_400],
    ['1.234', 123_400],
    ['999,999.99', 99_999_999],
    ['$49.90', 4990],
    ['49,90 €', 4990],
    ['USD 49.90', 4990],
    ['４９．９０', 4990],
    ['٤٩٫٩٠', 4990],
  ])('%s is %i cents', (text, cents) => {
    expect(priceOf(text)).toBe(cents);
  });

  it('is exact, whatever the price and the separator', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_PRICE }),
        fc.constantFrom('usd', 'jpy', 'kwd'),
        fc.constantFrom('.', ','),
        (price, currency, separator) => {
          const typed = toDecimal(price, currency).replace('.', separator);
          expect(priceOf(typed, currency)).toBe(price);
        },
      ),
    );
  });

  it('is read back from how it is shown', () => {
    const locales = fc.constantFrom('en', 'de', 'fr-CH', 'hi-IN', 'es', 'ja', 'ar-EG');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999_999 }), locales, (price, locale) => {
        // Nobody types bidi marks.
        const shown = formatPrice(price, 'eur', locale).replace(/[\u200e\u200f\u061c]/g, '');
        expect(priceOf(shown, 'eur')).toBe(price);
      }),
    );
  });

  it('follows how many digits the currency has', () => {
    expect([priceOf('1,234', 'jpy'), priceOf('4990', 'jpy')]).toEqual([1234, 4990]);
    expect([priceOf('1.234', 'kwd'), priceOf('1.5', 'kwd')]).toEqual([1234, 1500]);
    expect(errorOf('49.90', 'jpy')).toBe('Type a whole number: JPY has no smaller unit.');
  });

  it.each(['', '  ', '$'])('is asked for when there is none: "%s"', (text) => {
    expect(errorOf(text)).toBe('Type a price, for example 49.90.');
  });

  it.each([
    'abc',
    '.',
    '1.2.3',
    '12.345.6',
    '1,23.45',
    '1,2345',
    '49.90 or so',
    '1e3',
    '٤٩x',
    '0x10',
  ])('is not guessed from %s', (text) => {
    expect(errorOf(text)).toMatch(/^This is not a price|at most 2 digits/);
  });

  it.each(['0', '0.00', '-5'])('is more than nothing: %s', (text) => {
    expect(errorOf(text)).toBe('The price must be more than nothing.');
  });

  it.each(['1000000', '999,999,999', '9'.repeat(400)])('has a limit: %s', (text) => {
    expect(errorOf(text)).toBe('The price may be at most 999999.99.');
  });

  it.each(['49.9012', '1234.567', '0.500'])('has no fractions of a cent: %s', (text) => {
    expect(errorOf(text)).toBe('Use at most 2 digits after the separator, for example 49.90.');
  });
});

describe('a shown price', () => {
  it('is written as the visitor reads it', () => {
    expect(formatPrice(4990, 'usd', 'en')).toBe('$49.90');
    expect(formatPrice(4990, 'eur', 'de')).toBe('49,90\u00a0€');
    expect(formatPrice(4990, 'jpy', 'en')).toBe('¥4,990');
    expect(formatPrice(MAX_PRICE, 'usd', 'en')).toBe('$999,999.99');
  });

  it('has the digits of its currency', () => {
    expect(['usd', 'jpy', 'kwd'].map(fractionDigits)).toEqual([2, 0, 3]);
    expect(toDecimal(5, 'usd')).toBe('0.05');
  });
});
