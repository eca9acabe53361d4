import { expect, it } from 'vitest';
import { readParts } from './parts.ts';

it('groups the paths of a service, which is called as its host is', () => {
  const { parts, origins } = readParts(
    'http://auth:3000/api/users\nhttp://payments:3000/api/payments http://payments:3000/api/test-gateway',
  );
  expect(parts).toEqual([
    { name: 'auth', prefixes: ['/api/users'] },
    { name: 'payments', prefixes: ['/api/payments', '/api/test-gateway'] },
  ]);
  expect(origins.get('payments')).toBe('http://payments:3000');
});

it.each([
  '',
  'auth',
  'https://auth/api/users',
  'http://auth:3000/',
  'http://auth:3000/api/users/x',
])('refuses %j', (text) => expect(() => readParts(text)).toThrow(/^API_PARTS /));
