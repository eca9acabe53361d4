import { describe, expect, it } from 'vitest';
import { localeOf } from './locale.ts';
import { bankPage, pathOf, safePath, signInPath } from './paths.ts';

describe('where to go on after signing in', () => {
  it.each(['/orders', '/?q=a%20b', '/tickets/1/edit'])('is a page of ours: %s', (path) => {
    expect(safePath(path)).toBe(path);
  });

  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    'blob:http://fairseat/elsewhere',
    '',
    undefined,
    ['/orders'],
  ])('is never another site: %s', (next) => {
    const path = safePath(next);
    expect(path).toMatch(/^\//);
    expect(new URL(path, 'http://fairseat').origin).toBe('http://fairseat');
  });

  it('survives the way through the address', () => {
    const address = new URL(signInPath('/?q=a&b'), 'http://fairseat');
    expect(safePath(address.searchParams.get('next'))).toBe('/?q=a&b');
  });
});

describe('the address of a page', () => {
  it('is the same when only an update of it is asked for', () => {
    expect(pathOf('/?q=jazz&_rsc=1abc')).toBe('/?q=jazz');
    expect(pathOf('/orders?_rsc=1abc')).toBe('/orders');
  });
});

describe('the language of a visitor', () => {
  it.each([
    ['de-DE,de;q=0.9,en;q=0.8', 'de-DE'],
    ['en;q=0.1,fr;q=0.9,de;q=0.5', 'fr'],
    ['en;q=0.5,de;q=0.5', 'en'],
    ['de;q=0,fr;q=0.3', 'fr'],
    ['de;q=0.000, ja ; Q = 0.001', 'ja'],
    ['de;q=0', 'en'],
    ['fr;q=.5,de;q=1.0', 'de'],
    ['fr;q=0.9,de;q=1.5,ja', 'de'],
    ['fr;level=1;q=0.2,de;q=0.3', 'de'],
    ['fr;q=0.9,de;q=high', 'de'],
    ['fr;q=-1,de;q=0.5', 'fr'],
    [';q=1,,;,de;q', 'de'],
    [`${'x-y;q=0,'.repeat(25)}de`, 'en'],
    ['xx-invalid-tag-that-is-long,fr', 'fr'],
    ['*', 'en'],
    ['', 'en'],
    [undefined, 'en'],
  ])('of %s is %s', (header, locale) => {
    expect(localeOf(header)).toBe(locale);
  });
});

describe('the page of a bank', () => {
  it.each([
    'https://hooks.stripe.com/3d_secure?id=1',
    'http://127.0.0.1:4242/authenticate',
    'http://localhost/',
    'http://[::1]:80/a',
  ])('is gone to: %s', (url) => {
    expect(bankPage(url)).toBe(new URL(url).href);
  });

  it.each([
    'http://bank.example/',
    'http://127.0.0.1.evil.example/',
    'javascript:alert(1)',
    'data:text/html,hello',
    'blob:https://bank.example/1',
    'file:///etc/passwd',
    '//bank.example',
    '/orders',
    '',
  ])('is not: %s', (url) => {
    expect(bankPage(url)).toBeUndefined();
  });
});
