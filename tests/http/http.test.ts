/** Clients that are slow, too large, broken or hostile, over real connections. */
import type { AddressInfo } from 'node:net';
import { Unavailable } from '@fairseat/common/errors';
import type { App } from '@fairseat/common/kit';
import { Line } from '@fairseat/test-support/line';
import { type ProblemBody, TestMarketplace } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { doors } from './doors.ts';

/** Enough for a busy machine to answer, which is within milliseconds. */
const REQUEST_TIMEOUT_MS = 2000;

const head = (method: string, path: string, ...headers: string[]) =>
  [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n');
const get = (path: string, ...headers: string[]) => head('GET', path, ...headers);
const JSON_TYPE = 'Content-Type: application/json';
const post = (path: string, ...headers: string[]) => head('POST', path, JSON_TYPE, ...headers);

describe.each(doors)('the services %s', (_, door) => {
  let market: TestMarketplace;
  let app: App;
  let port: number;
  beforeAll(async () => {
    market = await TestMarketplace.open({ requestTimeoutMs: REQUEST_TIMEOUT_MS });
    app = await door(market, REQUEST_TIMEOUT_MS);
    if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
    ({ port } = app.server.address() as AddressInfo);
  });
  afterAll(async () => {
    if (app !== market.app) await app.close();
    await market[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  });

  describe('a client that is slow', () => {
    it.each([
      ['says nothing', ''],
      ['does not finish its headers', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: '],
      ['does not finish its body', `${post('/api/users/signin', 'Content-Length: 40')}{"email":`],
      [
        'does not finish a chunk',
        `${post('/api/users/signin', 'Transfer-Encoding: chunked')}28\r\n{`,
      ],
    ])('is cut off when it %s', { concurrent: true }, async (_, bytes) => {
      using line = new Line(port);
      line.write(bytes);
      await line.closed();
      expect(faultsOf(await line.reply(), 408)).toEqual([]);
    });
  });

  describe('a request that is too large', () => {
    it.each([
      ['a header', get('/', `X-Large: ${'x'.repeat(17 * 1024)}`)],
      ['many headers together', get('/', ...Array(2000).fill('X-Many: 123456789'))],
      ['a cookie', get('/', `Cookie: session=${'x'.repeat(17 * 1024)}`)],
      ['an address', get(`/api/tickets?q=${'x'.repeat(17 * 1024)}`)],
    ])('is refused for %s of more than 16 KiB', async (_, bytes) => {
      using line = new Line(port);
      const reply = await line.write(bytes).reply();
      expect(faultsOf(reply, 431)).toEqual([]);
      await line.closed();
    });

    it('is refused by the announced size of its body, before it is sent', async () => {
      using line = new Line(port);
      const reply = await line.write(post('/api/users/signin', 'Content-Length: 10485760')).reply();
      expect(faultsOf(reply, 413)).toEqual([]);
      expect(reply.headers['connection']).toBe('close');
      await line.closed();
    });

    it('is refused as soon as its body is too large, whatever was announced', async () => {
      using line = new Line(port);
      line.write(post('/api/users/signin', 'Transfer-Encoding: chunked'));
      const reply = await line
        .write(`${(17 * 1024).toString(16)}\r\n${'x'.repeat(17 * 1024)}`)
        .reply();
      expect(faultsOf(reply, 413)).toEqual([]);
      await line.closed();
    });

    it('ends the connection of a client that sends 10 MB', async () => {
      using line = new Line(port);
      line
        .write(post('/api/users/signin', 'Content-Length: 10485760'))
        .write(Buffer.alloc(10_485_760));
      await line.closed();
    });

    it('is accepted up to the limit', async () => {
      using line = new Line(port);
      const body = JSON.stringify({ email: 'a@example.com', password: 'correct horse' });
      const padded = body + ' '.repeat(16 * 1024 - body.length);
      const reply = await line
        .write(post('/api/users/signup', 'Content-Length: 16384') + padded)
        .reply();
      expect(reply.status).toBe(201);
    });
  });

  describe('a request that is no HTTP', () => {
    it.each([
      ['a greeting', 'EHLO mail.example.com\r\n\r\n'],
      [
        'a TLS handshake',
        Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03]),
      ],
      ['a line without a colon among the headers', get('/', 'no colon')],
      ['a control character in a header', get('/', 'X-Odd: a\0b')],
      ['two lengths', post('/api/users/signin', 'Content-Length: 2', 'Content-Length: 3')],
      ['a length and chunks', post('/', 'Content-Length: 2', 'Transfer-Encoding: chunked')],
      ['a negative length', post('/', 'Content-Length: -1')],
      ['a chunk size that is no number', `${post('/', 'Transfer-Encoding: chunked')}zz\r\n`],
      ['an unknown method', head('STEAL', '/')],
      ['a version of the future', 'GET / HTTP/9.9\r\n\r\n'],
      ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ])('gets a problem document: %s', async (_, bytes) => {
      using line = new Line(port);
      expect(faultsOf(await line.write(bytes).reply(), 400)).toEqual([]);
    });
  });

  describe('a connection', () => {
    it('carries one request after the other', async () => {
      using line = new Line(port);
      for (const path of ['/healthz', '/api/tickets', '/nowhere', '/healthz']) {
        const { status } = await line.write(get(path)).reply();
        expect(status).toBe(path === '/nowhere' ? 404 : 200);
      }
    });

    it('carries more requests than are under way at once', async () => {
      using line = new Line(port);
      for (let n = 0; n < 40; n += 1) {
        const reply = await line
          .write(`${post('/api/users/signout', 'Content-Length: 2')}{}`)
          .reply();
        expect(reply.status).toBe(200);
      }
    });

    it('carries several requests at once and answers them in their order', async () => {
      using line = new Line(port);
      line.write(get('/api/tickets') + get('/nowhere') + get('/healthz'));
      const replies = [await line.reply(), await line.reply(), await line.reply()];
      expect(replies.map(({ status }) => status)).toEqual([200, 404, 200]);
    });

    it('is cut off when it asks for more at once than anybody reads', async () => {
      await new Line(port).write(get('/api/tickets').repeat(1000)).closed();
    });

    it('goes on after a request that was refused', async () => {
      using line = new Line(port);
      const body = '{"price":0}';
      const refused = await line
        .write(post('/api/users/signin', `Content-Length: ${body.length}`) + body)
        .reply();
      expect(faultsOf(refused, 400)).toEqual([]);
      expect((await line.write(get('/healthz')).reply()).status).toBe(200);
    });
  });

  describe('every answer', () => {
    it.each([
      '/healthz',
      '/api/tickets',
      '/nowhere',
      '/api/tickets/%',
      `/api/tickets/${'x'.repeat(500)}`,
    ])('keeps browsers from doing more with it than they should (%s)', async (path) => {
      using line = new Line(port);
      const { headers } = await line.write(get(path)).reply();
      expect(headers).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'x-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
      });
      expect(headers).not.toHaveProperty('server');
      expect(headers).not.toHaveProperty('x-powered-by');
    });
  });
});

describe('a service', () => {
  it('lets a page of its own address change things, and no other', async () => {
    await using own = await TestMarketplace.open();
    await own.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = own.app.server.address() as AddressInfo;
    const signOut = async (origin: string) => {
      using line = new Line(port);
      return await line.write(head('POST', '/api/users/signout', `Origin: ${origin}`)).reply();
    };
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      expect((await signOut(`http://${host}:${port}`)).status).toBe(200);
    }
    for (const origin of [
      `http://127.0.0.1:${port + 1}`,
      `https://127.0.0.1:${port}`,
      'http://127.0.0.1',
    ]) {
      expect(faultsOf(await signOut(origin), 403)).toEqual([]);
    }
  });
});

describe('an error on our side', () => {
  const failing = (error: Error) =>
    TestMarketplace.open({
      env: { LOG_LEVEL: 'warn' },
      wrap: (platform) => ({
        ...platform,
        table: (service, definition) => {
          const table = platform.table(service, definition);
          if (definition.name !== 'tickets') return table;
          const fail = () => Promise.reject(error);
          return new Proxy(table, {
            get: (target, name) => (name === 'get' ? fail : Reflect.get(target, name).bind(target)),
          });
        },
      }),
    });
  const look = (own: TestMarketplace) =>
    own.visitor().get<ProblemBody>(`/api/tickets/${'f'.repeat(32)}`);

  it('that nobody expected tells nothing but an id that leads to it in the log', async () => {
    await using own = await failing(new Error('secret: no column "password" in users'));
    const reply = await look(own);
    expect(faultsOf(reply, 500)).toEqual([]);
    expect(JSON.stringify(reply)).not.toMatch(/secret|password|users/);
    const lines = own.logged.map((line) => JSON.parse(line));
    const found = lines.filter(({ correlationId }) => correlationId === reply.body.instance);
    expect(found).toMatchObject([
      { err: { message: /^secret/, stack: expect.stringContaining('http.test') } },
    ]);
    expect((await own.visitor().get('/healthz')).status).toBe(200);
  });

  it('that is only for now says when to come back', async () => {
    await using own = await failing(new Unavailable('secret: disk /dev/sdb1 is full'));
    const reply = await look(own);
    expect(faultsOf(reply, 503)).toEqual([]);
    expect(JSON.stringify(reply)).not.toContain('secret');
    expect(reply.headers['retry-after']).toBe('1');
    expect(own.logged.join('')).toContain('disk /dev/sdb1 is full');
  });
});
