import { describe, expect, it } from 'vitest';
import { localeOf } from './locale.ts';
import { pathOf, safePath, signInPath } from './paths.ts';

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
    ['xx-invalid-tag-that-is-long,fr', 'fr'],
    ['*', 'en'],
    ['', 'en'],
    [undefined, 'en'],
  ])('of %s is %s', (header, locale) => {
    expect(localeOf(header)).toBe(locale);
  });
});
