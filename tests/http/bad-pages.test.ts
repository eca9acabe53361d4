/** Hostile and mistaken requests for pages, to the real Next.js: each is refused with a page, and logged on one line. */
import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Process, startProgram, temporaryFolder } from '@fairseat/test-support/process';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const BOUNDARY = 'a-boundary-as-long-as-that-of-a-browser';
const FORM = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
const URL_ENCODED = { 'content-type': 'application/x-www-form-urlencoded' };

const folder = temporaryFolder();
let site: Process;
let origin: string;
/** Of the form that signs in. */
let action: string;

beforeAll(async () => {
  site = await startProgram('services/marketplace/main.ts', {
    DATA_DIR: `${folder.path}/data`,
    LOG_LEVEL: 'warn',
  });
  origin = site.url ?? '';
  const page = await (await fetch(`${origin}/auth/signin`)).text();
  [, action = ''] = /&quot;id&quot;:&quot;([0-9a-f]{40,})/.exec(page) ?? [];
  expect(action).not.toBe('');
});
afterAll(async () => {
  await site.end('SIGTERM');
  folder[Symbol.dispose]();
});

type Headers = Record<string, string>;

async function ask(method: string, path: string, headers: Headers = {}, body = '') {
  const options: RequestOptions = { method, headers: { origin, ...headers } };
  const [reply] = (await once(
    request(origin + path, options).end(body || undefined),
    'response',
  )) as [IncomingMessage];
  return { status: reply.statusCode, headers: reply.headers as Headers, body: await text(reply) };
}

const logged = () => site.output().stderr.split('\n').filter(Boolean);

/** It is a page, and there is one line about it, with its id. */
async function expectRefusal(
  { status, headers, body }: Awaited<ReturnType<typeof ask>>,
  as: number,
) {
  expect({ status, type: headers['content-type'] }).toEqual({
    status: as,
    type: 'text/html; charset=utf-8',
  });
  expect(body).toMatch(/<h1[^>]*>[^<]+<\/h1>/);
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  const id = headers['x-request-id'] ?? 'none';
  await expect.poll(() => logged().filter((line) => line.includes(id)).length).toBe(1);
  for (const line of logged()) expect(JSON.parse(line)).toHaveProperty('correlationId');
}

const parts = (fields: Record<string, string>) =>
  Object.entries(fields)
    .map(
      ([name, value]) =>
        `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
    )
    .join('');
const form = (fields: Record<string, string>) => `${parts(fields)}--${BOUNDARY}--\r\n`;
const deep = '['.repeat(5000) + ']'.repeat(5000);

describe('a page', () => {
  it.each([
    ['garbage', 'garbage'],
    ['a bad escape', '%'],
    ['another shape', '{}'],
    ['lists in lists', '['.repeat(6000) + ']'.repeat(6000)],
  ])('is not updated from a state that is %s', async (_, state) => {
    const headers = { rsc: '1', 'next-router-state-tree': state };
    // Next.js first redirects to the address that goes with the headers.
    const {
      headers: { location = '' },
    } = await ask('GET', '/', headers);
    await expectRefusal(await ask('GET', location, headers), 400);
  });

  it.each(['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND'])('has no %s', async (method) => {
    for (const path of ['/', '/nowhere', '/icon.svg']) {
      const reply = await ask(method, path);
      await expectRefusal(reply, 405);
      expect(reply.headers['allow']).toBe('GET, HEAD, OPTIONS, POST');
    }
  });

  it('tells what it has', async () => {
    const { status, headers } = await ask('OPTIONS', '/');
    expect([status, headers['allow']]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
  });

  it('asked for with anything in the headers of Next.js is shown, or refused properly', async () => {
    const name = fc.constantFrom(
      ...['rsc', 'next-router-state-tree', 'next-router-prefetch', 'next-router-segment-prefetch'],
      ...['next-url', 'next-action', 'next-resume', 'x-nextjs-data', 'x-matched-path', 'range'],
      ...['x-invoke-path', 'x-invoke-status', 'x-middleware-subrequest', 'x-now-route-matches'],
    );
    const value = fc.oneof(
      fc.constantFrom('1', '/', '/_tree', '%', '["",{}]', '/%', '999', 'bytes=9-1'),
      fc.string({ unit: 'grapheme-ascii', maxLength: 30 }).map((text) => text.trim()),
    );
    const path = fc.constantFrom('/', '/auth/signin', '/icon.svg', '/nowhere');
    await fc.assert(
      fc.asyncProperty(path, fc.dictionary(name, value, { maxKeys: 5 }), async (at, headers) => {
        const { status, headers: reply } = await ask('GET', at, headers);
        const { location } = reply;
        const last = location ? (await ask('GET', location, headers)).status : status;
        expect([200, 206, 304, 307, 308, 400, 404, 416]).toContain(last);
      }),
      { seed: 20_260_101, numRuns: 150 },
    );
  });

  it('of no more parameters than any has', async () => {
    await expectRefusal(await ask('GET', `/?${'a&'.repeat(60)}`), 400);
  });
});

describe('a form', () => {
  const fields = { email: 'a@example.com', password: 'a guess' };
  const bound = (values: string) => ({
    $ACTION_REF_1: '',
    '$ACTION_1:0': `{"id":"${action}","bound":"$@1"}`,
    '$ACTION_1:1': values,
    ...fields,
  });

  it.each<[string, Headers, () => string, number]>([
    ['that ends early', FORM, () => parts(bound('[{"key":""}]')), 400],
    ['that is empty', FORM, () => '', 400],
    ['without a boundary', { 'content-type': 'multipart/form-data' }, () => form(fields), 400],
    [
      'with the boundary of another',
      { 'content-type': `${FORM['content-type']}x` },
      () => form(fields),
      400,
    ],
    ['of 17 KiB', FORM, () => form({ ...fields, email: 'a'.repeat(17 * 1024) }), 413],
    ['of 3000 fields', FORM, () => parts(fields).repeat(1500), 413],
    ['in an address’s way', URL_ENCODED, () => 'email=a%40example.com', 400],
    ['in an address’s way, of 17 KiB', URL_ENCODED, () => `email=${'a'.repeat(17 * 1024)}`, 413],
    ['of no type', {}, () => 'email', 400],
    ['of lists in lists', FORM, () => form(bound(deep)), 400],
    ['with a large number', FORM, () => form(bound('["$n12"]')), 400],
    ['that refers to nothing', FORM, () => form(bound('["$K9","$Q8","$1:a:b"]')), 400],
    ['without its action', FORM, () => form({ ...bound('[]'), '$ACTION_1:0': 'garbage' }), 400],
  ])('%s is refused', async (_, headers, body, status) => {
    await expectRefusal(await ask('POST', '/auth/signin', headers, body()), status);
  });

  it.each<[string, Headers, string, number]>([
    ['garbage', {}, 'garbage', 400],
    ['nothing', {}, '', 400],
    ['null', {}, 'null', 400],
    ['lists in lists', {}, deep, 400],
    ['a large number', {}, '["$n123"]', 400],
    ['a larger number than is read', {}, `["$n${'9'.repeat(1000)}"]`, 400],
    ['a number that is none', {}, '["$nxyz"]', 400],
    ['the prototype', {}, '["$0:__proto__:x"]', 400],
    ['lists in lists in a part', FORM, form({ 0: deep }), 400],
    ['no first part', FORM, form({ 1: '[]' }), 400],
    ['17 KiB', {}, `["${'a'.repeat(17 * 1024)}"]`, 413],
  ])('by script, of %s, is refused', async (_, headers, body, status) => {
    const plain = { 'content-type': 'text/plain;charset=UTF-8', 'next-action': action };
    await expectRefusal(await ask('POST', '/auth/signin', { ...plain, ...headers }, body), status);
  });

  it('of 60 MB is cut off', async () => {
    const { port, host } = new URL(origin);
    for (const length of ['content-length: 62914560', 'transfer-encoding: chunked']) {
      const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
      const closed = new Promise((resolve) => socket.once('close', resolve));
      const answer = new Promise((resolve) => socket.once('data', resolve));
      const head = ['POST / HTTP/1.1', `host: ${host}`, `origin: ${origin}`, length, '', ''];
      socket.write(head.join('\r\n'));
      const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`;
      let sent = 0;
      const chunks = function* () {
        for (; sent < 960; sent++) yield chunk;
      };
      Readable.from(chunks()).pipe(socket);
      expect(String(await answer)).toMatch(/^HTTP\/1\.1 413 /);
      await closed;
      // What the system itself takes in.
      expect(sent).toBeLessThan(240);
    }
  });

  it('of anything is refused properly, or done', async () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }).map((json) => JSON.stringify(json)),
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc
        .tuple(fc.constantFrom(...'@FKQWBnigDuI$LrRxX'), fc.string({ maxLength: 5 }))
        .map(([kind, rest]) => JSON.stringify([`$${kind}${rest}`])),
    );
    const name = fc.constantFrom(
      '0',
      '1',
      '1_email',
      '$ACTION_REF_1',
      '$ACTION_1:0',
      '$ACTION_1:1',
      '$ACTION_KEY',
    );
    const any = fc.tuple(fc.dictionary(name, value, { maxKeys: 4 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(any, async ([odd, byScript]) => {
        const headers = byScript ? { ...FORM, 'next-action': action } : FORM;
        const all = byScript ? odd : { ...bound('[{"key":""}]'), ...odd };
        const { status = 0 } = await ask('POST', '/auth/signin', headers, form(all));
        expect([200, 303, 400, 409, 413]).toContain(status);
      }),
      { seed: 20_260_101, numRuns: 100 },
    );
  });
});
