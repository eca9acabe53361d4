/** The router of `npm run start:distributed`, in front of the services and of pages that say what they received. */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { App } from '@fairseat/common/kit';
import { createRouter } from '@fairseat/front';
import { Line } from '@fairseat/test-support/line';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import Fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRouter } from './doors.ts';

let market: TestMarketplace;
let pages: App;
let router: App;
let port: number;
beforeAll(async () => {
  market = await TestMarketplace.open({ env: { TRUSTED_PROXIES: 'loopback' } });
  pages = Fastify({ forceCloseConnections: true });
  pages.addContentTypeParser('*', (_request, _body, done) => done(null));
  pages.all('/*', async ({ raw, headers, url }) => {
    let length = 0;
    for await (const chunk of raw) length += chunk.length;
    return { url, length, headers };
  });
  router = await openRouter(market, { pages });
  await router.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = router.server.address() as AddressInfo);
});
afterAll(async () => {
  await router.close();
  await pages.close();
  await market[Symbol.asyncDispose]();
});

const request = (method: string, path: string, ...lines: string[]) =>
  [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...lines].join('\r\n');

async function ask(method: string, path: string, ...lines: string[]) {
  using line = new Line(port);
  return await line.write(`${request(method, path, ...lines)}\r\n\r\n`).reply();
}

describe('a connection that is kept', () => {
  it('carries more forms for the pages than are under way at once', async () => {
    using line = new Line(port);
    const form = [
      'Content-Type: multipart/form-data; boundary=x',
      'Content-Length: 5',
      '',
      '--x--',
    ];
    for (let n = 0; n < 40; n += 1) {
      const { status, body } = await line.write(request('POST', '/orders/1', ...form)).reply();
      expect({ n, status, body }).toMatchObject({ n, status: 200, body: { length: 5 } });
    }
  });
});

describe('an answer', () => {
  it('of the pages has their headers alone, and the id that the router gave', async () => {
    const { headers, body } = await ask('GET', '/tickets?q=%ff', 'X-Request-Id: 12345678');
    expect(Object.keys(headers).toSorted()).toEqual([
      'connection',
      'content-length',
      'content-type',
      'date',
      'keep-alive',
    ]);
    expect(body).toMatchObject({
      url: '/tickets?q=%ff',
      headers: { 'x-request-id': '12345678', 'x-forwarded-for': '127.0.0.1' },
    });
  });

  it.each(['/docs', '/docs/static/index.html', '/api/openapi.json', '/healthz'])(
    'of the router itself is not shown in a frame (%s)',
    async (path) => {
      const { headers } = await ask('GET', path);
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
      expect(headers['x-frame-options']).toBe('DENY');
      expect(headers['x-content-type-options']).toBe('nosniff');
    },
  );

  it.each(['/a/../b', '/%2e%2e/b', '/%', '/%ff', '/a%2f..%2fb', '/..\\b'])(
    'to a path that leads elsewhere is 404 (%s)',
    async (path) => {
      const reply = await ask('GET', path);
      expect(faultsOf(reply, 404)).toEqual([]);
      expect(reply.headers['x-frame-options']).toBe('DENY');
    },
  );
});

describe('while no process serves the pages', () => {
  let nearBy: string | undefined;
  let without: App;
  beforeAll(async () => {
    const gone = Fastify();
    nearBy = await gone.listen({ host: '127.0.0.1', port: 0 });
    await gone.close();
    const urlOf = (service: string) => (service === 'client' ? nearBy : undefined);
    const { config } = market;
    const options = { config, withPages: true, publicOrigin: 'http://127.0.0.1:1' };
    without = await createRouter({ urlOf, isReady: false }, [], options);
  });
  afterAll(() => without.close());
  const look = (method: 'GET' | 'POST', headers: Record<string, string>) =>
    without.inject({ method, url: '/tickets/1', headers });
  const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

  it.each(['gone', 'starting'])('a browser is shown a page (%s)', async (is) => {
    const kept = nearBy;
    if (is === 'starting') nearBy = undefined;
    const { statusCode, headers, body } = await look('GET', BROWSER);
    nearBy = kept;
    expect(statusCode).toBe(503);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'retry-after': '5',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
    });
    const style = /<style>([^<]*)<\/style>/.exec(body)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toContain(`style-src 'sha256-${hash}'`);
    expect(body).toContain('<h1>Back in a moment</h1>');
    expect(body).toContain('http-equiv="refresh"');
  });

  it('a browser is not led away from what was typed', async () => {
    const { statusCode, body } = await look('POST', BROWSER);
    expect(statusCode).toBe(503);
    expect(body).not.toContain('http-equiv="refresh"');
  });

  it.each(['*/*', 'application/json', ''])('a program receives a problem (%j)', async (accept) => {
    const { statusCode: status, headers, body } = await look('GET', { accept });
    expect(faultsOf({ status, headers, body: JSON.parse(body) }, 503)).toEqual([]);
  });
});

describe('metrics', () => {
  it.each(['/metrics', '/%6detrics', '/%6d%65trics'])(
    'are for programs of the same machine alone (%s)',
    async (path) => {
      expect((await ask('GET', path)).status).toBe(200);
      for (const passedOn of ['X-Forwarded-For: 127.0.0.1', 'Forwarded: for=127.0.0.1']) {
        expect(faultsOf(await ask('GET', path, passedOn), 404)).toEqual([]);
      }
    },
  );
});
