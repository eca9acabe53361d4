/** What HTTP itself says of methods, hosts, cookies, preferences and links. */
import type { AddressInfo } from 'node:net';
import type { App } from '@fairseat/common/kit';
import { Line } from '@fairseat/test-support/line';
import { TestMarketplace, type Visitor } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doors } from './doors.ts';

const ID = 'f'.repeat(32);

describe.each(doors)('the services %s', (_, door) => {
  let market: TestMarketplace;
  let app: App;
  let port: number;
  let seller: Visitor;
  beforeAll(async () => {
    market = await TestMarketplace.open({ env: { TRUSTED_PROXIES: 'loopback' } });
    seller = await market.person();
    app = await door(market);
    if (!app.server.listening) await app.listen({ host: '127.0.0.1', port: 0 });
    ({ port } = app.server.address() as AddressInfo);
  });
  afterAll(async () => {
    if (app !== market.app) await app.close();
    await market[Symbol.asyncDispose]();
  });

  /** `body` is sent as JSON, also when it is empty. */
  async function ask(method: string, path: string, lines: string[] = [], body?: string) {
    using line = new Line(port);
    const json = ['Content-Type: application/json', `Content-Length: ${body?.length}`];
    const head = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...lines];
    line.write([...head, ...(body === undefined ? [] : json), '', body ?? ''].join('\r\n'));
    return await line.reply();
  }
  const cookie = (...values: string[]) => `Cookie: ${values.join('; ')}`;

  describe('a method', () => {
    it.each([
      ['POST', '/healthz', 'GET, HEAD, OPTIONS'],
      ['DELETE', '/api/openapi.json', 'GET, HEAD, OPTIONS'],
      ['GET', '/api/users/signup', 'OPTIONS, POST'],
      ['DELETE', '/api/users/signout', 'OPTIONS, POST'],
      ['PATCH', '/api/tickets', 'GET, HEAD, OPTIONS, POST'],
      ['PUT', '/api/tickets?q=a', 'GET, HEAD, OPTIONS, POST'],
      ['POST', `/api/tickets/${ID}`, 'DELETE, GET, HEAD, OPTIONS, PUT'],
      ['PATCH', `/api/%6frders/${ID}`, 'DELETE, GET, HEAD, OPTIONS'],
      ['POST', '/api/live', 'GET, HEAD, OPTIONS'],
      ['DELETE', '/api/feed', 'GET, HEAD, OPTIONS'],
    ])('that a path does not have is 405 (%s %s)', async (method, path, allow) => {
      const reply = await ask(method, path, [], method === 'GET' ? undefined : '{}');
      expect(faultsOf(reply, 405)).toEqual([]);
      expect(reply.headers['allow']).toBe(allow);
      const options = await ask('OPTIONS', path);
      expect(options).toMatchObject({ status: 204, headers: { allow } });
    });

    it.each(['/nowhere', '/api/ticketsx', `/api/tickets/${ID}/x`, '/api.openapi/json'])(
      'of a path that does not exist is 404 (%s)',
      async (path) => {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          expect(faultsOf(await ask(method, path), 404)).toEqual([]);
        }
      },
    );

    it.each(['/healthz', '/api/tickets', '/api/live', '/api/openapi.json'])(
      'HEAD is answered like GET, without a body (%s)',
      async (path) => {
        const { status, headers } = await fetch(`http://127.0.0.1:${port}${path}`, {
          method: 'HEAD',
        });
        expect(status).toBe(200);
        expect(headers.get('content-type')).toMatch(/json|event-stream/);
      },
    );
  });

  describe('a request', () => {
    it.each(['Host: 127.0.0.1', 'hOST: elsewhere.example'])(
      'with a second %s is 400',
      async (host) => {
        expect(faultsOf(await ask('GET', '/api/tickets', [host]), 400)).toEqual([]);
      },
    );

    it.each(['gzip', 'br, identity', 'x'])('with a body in %s is 415', async (encoding) => {
      const reply = await ask('POST', '/api/users/signin', [`Content-Encoding: ${encoding}`], '{}');
      expect(faultsOf(reply, 415)).toEqual([]);
      expect(reply.headers['accept-encoding']).toBe('identity');
    });

    it('may say that its body is not encoded', async () => {
      const lines = ['Content-Encoding: Identity'];
      expect((await ask('POST', '/api/users/signout', lines, '{}')).status).toBe(200);
    });

    it.each([
      ['no body', undefined],
      ['an empty body', ''],
      ['an empty object', '{}'],
      ['null', 'null'],
    ])('to sign out may have %s', async (_, body) => {
      expect(await ask('POST', '/api/users/signout', [], body)).toMatchObject({ status: 200 });
    });
  });

  describe('a session', () => {
    it('counts whatever other cookies of its name come with it', async () => {
      const name = 'session';
      const good = `${name}=${seller.token}`;
      const stale = `${good.slice(0, -4)}AAAA`;
      for (const values of [
        [good, stale],
        [stale, good],
        [`${name}=`, `x=${good}`, stale, good],
        [`${name}="${good.slice(name.length + 1)}"`],
      ]) {
        expect(await ask('GET', '/api/orders', [cookie(...values)])).toMatchObject({ status: 200 });
      }
      expect((await ask('GET', '/api/orders', [cookie(stale, `x${good}`)])).status).toBe(401);
    });

    it('that is missing is asked for', async () => {
      const reply = await ask('GET', '/api/orders');
      expect(faultsOf(reply, 401)).toEqual([]);
      expect(reply.headers['www-authenticate']).toBe('Cookie realm="Fairseat"');
    });

    it('that is ended takes the pages of before with it, and everywhere all cookies', async () => {
      const { headers } = await ask('POST', '/api/users/signout');
      expect(headers).toMatchObject({ 'clear-site-data': '"cache"' });
      const person = await market.person();
      const everywhere = await person.post('/api/users/signout-everywhere');
      expect(everywhere.headers).toMatchObject({ 'clear-site-data': '"cache", "cookies"' });
    });
  });

  describe('an answer', () => {
    it('leads to the record that was made', async () => {
      const buyer = await market.person();
      const by = (person: Visitor) => [cookie(String(person.cookie))];
      const listing = JSON.stringify({ title: 'A seat', price: 4990 });
      const listed = await ask('POST', '/api/tickets', by(seller), listing);
      const ticketId = (listed.body as unknown as { id: string }).id;
      const order = JSON.stringify({ ticketId });
      const placed = await ask('POST', '/api/orders', [...by(buyer), 'Prefer: Wait="5"; x'], order);
      const orderId = (placed.body as unknown as { id: string }).id;
      const payment = JSON.stringify({ orderId, token: 'pm_card_visa' });
      const paid = await ask('POST', '/api/payments', by(buyer), payment);
      expect(placed.headers['preference-applied']).toBe('wait=5');
      expect([listed, placed, paid].map(({ headers }) => headers['location'])).toEqual([
        `/api/tickets/${ticketId}`,
        `/api/orders/${orderId}`,
        `/api/payments/${orderId}`,
      ]);
      for (const { headers } of [listed, placed, paid]) {
        expect((await ask('GET', String(headers['location']), by(buyer))).status).toBe(200);
      }
    });

    it('leads to the next page, and the last to none', async () => {
      for (const title of ['Row & 1', 'Row & 2', 'Row & 3']) await seller.sells(title);
      const titles: string[] = [];
      for (let path: string | undefined = '/api/tickets?q=row+%26&limit=2'; path; ) {
        const { headers, body } = await ask('GET', path);
        const { tickets, nextCursor } = body as unknown as {
          tickets: { title: string }[];
          nextCursor: string | null;
        };
        titles.push(...tickets.map(({ title }) => title));
        path = /^<(.+)>; rel="next"$/.exec(headers['link'] ?? '')?.[1];
        expect(path === undefined).toBe(nextCursor === null);
      }
      expect(titles).toEqual(['Row & 3', 'Row & 2', 'Row & 1']);
    });
  });
});

describe('HTTPS', () => {
  it.each([
    [undefined, 'max-age=31536000'],
    ['on', 'max-age=31536000; includeSubDomains'],
  ])('is kept to, by subdomains when HSTS_SUBDOMAINS is %s', async (setting, expected) => {
    await using market = await TestMarketplace.open({
      env: {
        PUBLIC_ORIGIN: 'https://tickets.example',
        ...(setting && { HSTS_SUBDOMAINS: setting }),
      },
    });
    const { headers } = await market.visitor().get('/healthz');
    expect(headers['strict-transport-security']).toBe(expected);
  });
});
