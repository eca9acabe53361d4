/** Random requests, by a seed that a failure names: never an error of the server, always a problem document. */

import { HostileScene, JSON_TYPE, type Method } from '@fairseat/test-support/hostile';
import { faultsOf } from '@fairseat/test-support/problems';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SEED = 20_260_101;

let scene: HostileScene;
beforeAll(async () => {
  scene = await HostileScene.open();
});
afterAll(() => scene[Symbol.asyncDispose]());

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '',
    '\0',
    '__proto__',
    'constructor',
    '{"$gt":""}',
    '-1',
    'NaN',
    '../..',
    '%',
    '%ff',
    '(',
  ),
);
const anything = fc.oneof(fc.jsonValue({ maxDepth: 3 }), text, fc.double(), fc.maxSafeInteger());
const printable = fc
  .string({ unit: 'grapheme-ascii', maxLength: 200 })
  .map((value) => value.trim());
const headers = fc.dictionary(
  fc.constantFrom('idempotency-key', 'prefer', 'x-request-id', 'traceparent', 'accept', 'if-match'),
  printable,
  { maxKeys: 3 },
);

/** @throws with the seed and the smallest request that fails. */
const check = <T>(runs: number, input: fc.Arbitrary<T>, faults: (input: T) => Promise<string[]>) =>
  fc.assert(
    fc.asyncProperty(input, async (value) => {
      expect(await faults(value)).toEqual([]);
    }),
    { seed: SEED, numRuns: runs },
  );

describe('a request at random', () => {
  const send = async (...request: Parameters<HostileScene['send']>) => {
    const reply = await scene.send(...request);
    if (reply.status >= 500) return [`${reply.status} ${JSON.stringify(reply.body)}`];
    return reply.status >= 400 ? faultsOf(reply) : [];
  };
  // One of the routes that take a body. The rest of the body is valid, so that requests get past the first check.
  const route = () => fc.constantFrom(...scene.routes);
  const names = () => fc.constantFrom('__proto__', ...scene.fields);

  it('with a body of any JSON is refused properly', () =>
    check(500, fc.tuple(route(), anything, headers), ([[method, url], body, given]) =>
      send(method, url, JSON.stringify(body) ?? '', { ...given, ...JSON_TYPE }),
    ));

  it('with any value in a field is refused properly, or done', () =>
    check(500, fc.tuple(route(), names(), anything), ([[method, url, body], field, value]) =>
      send(method, url, JSON.stringify({ ...body, [field]: value }), JSON_TYPE),
    ));

  it('with a body of any bytes is refused properly', () =>
    check(
      300,
      fc.tuple(route(), fc.uint8Array({ maxLength: 500 }), fc.boolean()),
      ([[method, url], bytes, quoted]) => {
        const body = quoted ? ['{"title":"', bytes, '","price":1}'] : [bytes];
        return send(method, url, Buffer.concat(body.map((part) => Buffer.from(part))), JSON_TYPE);
      },
    ));

  it('at any address is refused properly, or answered', () => {
    const method = fc.constantFrom<Method>('GET', 'POST', 'PUT', 'DELETE');
    const path = fc.constantFrom(
      '/',
      '/api/',
      '/api/tickets/',
      '/api/orders/',
      '/api/payments/',
      '/api/users/',
      '/api/test-gateway/',
      '/docs/',
    );
    const rest = fc.oneof(text.map(encodeURI), text.map(encodeURIComponent), printable);
    return check(500, fc.tuple(method, path, rest), ([verb, folder, end]) =>
      send(verb, folder + end.replaceAll(/\s/g, '+')),
    );
  });

  it('with any query is refused properly, or answered', () => {
    const name = fc.oneof(fc.constantFrom('q', 'cursor', 'limit', 'available', 'mine'), text);
    const query = fc.array(fc.tuple(name, text), { maxLength: 4 });
    const path = fc.constantFrom('/api/tickets', '/api/orders');
    return check(500, fc.tuple(path, query), ([start, pairs]) =>
      send('GET', `${start}?${new URLSearchParams(pairs)}`),
    );
  });
});
