import { MAX_PRICE } from '@fairseat/common/contracts/shared';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPrice, fractionDigits, toDecimal, toTyped } from './money.ts';
import { parsePrice } from './parse-price.ts';

const priceOf = (text: string, currency = 'usd', locale = 'en') =>
  parsePrice(text, { currency, locale }).price;
const errorOf = (text: string, currency = 'usd', locale = 'en') =>
  parsePrice(text, { currency, locale }).error;

const LOCALES =
  'en en-GB en-IN en-ZA en-CA de de-AT de-CH fr fr-CA fr-CH es es-MX es-AR it it-CH pt pt-PT pt-CV nl sv da nb fi is pl cs sk hu ro bg hr sl et lv lt el tr ru uk he ar ar-EG ar-AE fa ur hi mr-u-nu-deva bn my ne th-u-nu-thai vi id ms ja ko zh zh-Hant sw ka hy az'.split(
    ' ',
  );

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
    ['9,99,999.50', 99_999_950],
    ['49.90\u202fUS$', 4990],
    ['\u200eUS$49.90', 4990],
    ['४९.९०', 4990],
    ['49 900', 4_990_000],
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
        fc.constantFrom('en', 'de'),
        (price, currency, locale) => {
          expect(priceOf(toTyped(price, { currency, locale }), currency, locale)).toBe(price);
        },
      ),
    );
  });

  it.each(LOCALES)('is read back from how any currency is shown in %s', (locale) => {
    const wrong = Intl.supportedValuesOf('currency').flatMap((currency) =>
      [490, 10_000, 1_234_567]
        .flatMap((price) => [
          [price, formatPrice(price, currency, locale)] as const,
          [price, toTyped(price, { currency, locale })] as const,
        ])
        .filter(([price, shown]) => priceOf(shown, currency, locale) !== price)
        .map(([price, shown]) => `${price}: ${shown} (${currency})`),
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    ['49.900', 'usd', 'en', '$49.90', '$49,900.00'],
    ['1.234', 'usd', 'en', '$1.23', '$1,234.00'],
    ['49,900', 'eur', 'de', '49,90 €', '49.900,00 €'],
    ['49.900', 'eur', 'fr', '49,90 €', '49 900,00 €'],
    ['10,000', 'kwd', 'en', 'KWD 10.000', 'KWD 10,000.000'],
    ['10.000', 'kwd', 'de', '10,000 KWD', '10.000,000 KWD'],
    ['1.234', 'jpy', 'en', '¥1', '¥1,234'],
    ['٤٩.٩٠٠', 'usd', 'en', '$49.90', '$49,900.00'],
  ])('%s in %s, by %s, is asked back', (text, currency, locale, less, more) => {
    expect(errorOf(text, currency, locale)?.replace(/[\u00a0\u202f]/g, ' ')).toBe(
      `This could be ${less} or ${more}. Type the one that you mean.`,
    );
  });

  it.each([
    ['49.900', 'eur', 'de', 4_990_000],
    ['49,900', 'usd', 'en', 4_990_000],
    ['10.000', 'kwd', 'en', 10_000],
    ['10,000', 'kwd', 'de', 10_000],
    ['1.234', 'jpy', 'de', 1234],
    ['490 kr', 'sek', 'en', 49_000],
    ['49,90 zł', 'pln', 'en', 4990],
  ])('%s in %s is plain by %s', (text, currency, locale, price) => {
    expect(priceOf(text, currency, locale)).toBe(price);
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
    '49 90',
    '4 9.90',
    '49d90',
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
