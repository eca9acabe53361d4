/** Operation: probes, metrics, documentation, the log. */

import { freePort } from '@fairseat/servers';
import { TestMarketplace, type Visitor } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let market: TestMarketplace;
let visitor: Visitor;
beforeAll(async () => {
  market = await TestMarketplace.open({ env: { LOG_LEVEL: 'trace' } });
  visitor = market.visitor();
});
afterAll(() => market[Symbol.asyncDispose]());

describe('a probe', () => {
  it('says that the process lives and is ready', async () => {
    expect(await visitor.get('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await visitor.get('/readyz')).toMatchObject({
      status: 200,
      body: { status: 'ready', backfills: [] },
    });
  });

  it('says that the process lives but is not ready before it has started', async () => {
    const seen: number[] = [];
    let restarting = false;
    await using starting = await TestMarketplace.open({
      wrap: (platform) => ({
        ...platform,
        async start() {
          if (restarting) {
            for (const path of ['/healthz', '/readyz']) {
              seen.push((await starting.visitor().get(path)).status);
            }
          }
          await platform.start();
        },
      }),
    });
    await starting.stop();
    restarting = true;
    await starting.start();
    expect(seen).toEqual([200, 503]);
    expect((await starting.visitor().get('/readyz')).status).toBe(200);
  });
});

describe('a table that is being filled', () => {
  it('is told by readiness and by the metrics, and keeps nothing from being ready', async () => {
    const backfills = [{ table: 'tickets_tickets', done: 200, about: 450 }];
    await using filling = await TestMarketplace.open({
      wrap: (platform) => ({ ...platform, backfills: () => backfills }),
    });
    const { status, body } = await filling.visitor().get('/readyz');
    expect({ status, body }).toEqual({ status: 200, body: { status: 'ready', backfills } });
    const metrics = await filling.visitor().get<string>('/metrics');
    expect(metrics.body).toContain('fairseat_backfill_records{table="tickets_tickets"} 250');
    backfills.pop();
    expect((await filling.visitor().get<string>('/metrics')).body).not.toContain('tickets_tickets');
  });
});

describe('a port for operators', () => {
  it('answers probes and metrics, which are then there alone', async () => {
    const port = await freePort(0);
    const env = { OPERATIONS_PORT: String(port) };
    await using own = await TestMarketplace.open({ env });
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(200);
    }
    expect((await own.visitor().get('/healthz')).status).toBe(200);
    expect(faultsOf(await own.visitor().get('/metrics'), 404)).toEqual([]);
  });
});

describe('the metrics', () => {
  it('are for programs of the same machine alone', async () => {
    const stranger = market.visitor();
    stranger.address = '203.0.113.7';
    expect(faultsOf(await stranger.get('/metrics'), 404)).toEqual([]);
    const forwarded = { 'x-forwarded-for': '203.0.113.7' };
    expect((await visitor.request('GET', '/metrics', undefined, forwarded)).status).toBe(404);
    expect((await visitor.get('/metrics')).status).toBe(200);
  });

  const metric = async (start: string) => {
    const { body, headers } = await visitor.get<string>('/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain/);
    return body.split('\n').filter((line) => line.startsWith(start));
  };

  it('count requests and their time by route and status, not by address', async () => {
    await visitor.get('/api/tickets/nowhere');
    await visitor.get('/api/tickets/elsewhere');
    await visitor.get('/no/such/page');
    const counted = await metric('fairseat_http_request_seconds_count');
    expect(counted).toContain(
      'fairseat_http_request_seconds_count{method="GET",route="/api/tickets/:id",status="404"} 2',
    );
    expect(counted.join()).not.toMatch(/nowhere|elsewhere|no\/such/);
  });

  it('tell of events that wait and events that were given up', async () => {
    await market.person();
    await market.settled();
    const backlog = await metric('fairseat_event_backlog{');
    expect(backlog).toContain('fairseat_event_backlog{service="orders"} 0');
    const dead = await metric('fairseat_dead_letters{');
    expect(dead).toContain('fairseat_dead_letters{service="orders"} 0');
  });
});

describe('the documentation', () => {
  it('is a page that loads nothing from any other host', async () => {
    const page = await visitor.get<string>('/docs/');
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': /^text\/html/ } });
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src/);

    const loaded = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
    expect(loaded.length).toBeGreaterThan(3);
    for (const url of loaded) {
      const { origin, pathname } = new URL(url, 'http://fairseat.test/docs/');
      expect(origin).toBe('http://fairseat.test');
      expect((await visitor.get(pathname)).status).toBe(200);
    }
    // The policy forbids scripts inside the page.
    expect(page.body).not.toMatch(/<script(?![^>]*\bsrc=)/);
  });

  it('shows the API of this server and sends it to no validator', async () => {
    const { body } = await visitor.get<string>('/docs/static/swagger-initializer.js');
    expect(body).toContain('"validatorUrl":null');
    expect(body).toContain("url: resolveUrl('./json')");
    expect((await visitor.get('/docs/json')).body).toEqual(
      (await visitor.get('/api/openapi.json')).body,
    );
  });
});

describe('the log', () => {
  it('keeps the secrets of people to itself, whatever its level', async () => {
    const secrets = ['a secret passphrase', 'another secret passphrase', 'pm_card_mastercard'];
    const [password, wrong, card] = secrets as [string, string, string];
    const email = 'discreet@example.com';
    const [seller, buyer] = [await market.person(), market.visitor()];
    await buyer.post('/api/users/signup', { email, password });
    await buyer.post('/api/users/signin', { email, password: wrong });
    await buyer.post('/api/users/signup', { email, password: wrong, extra: password });
    const order = await buyer.holds((await seller.sells()).id);
    await buyer.pay(order.id, card);
    await market.settled();
    const log = market.logged.join('');
    const { token } = buyer;
    expect(log).toContain('/api/users/signin');
    for (const secret of [...secrets, token, token.split('.')[2], email]) {
      expect(log).not.toContain(secret);
    }
  });

  it('gives each line of a request the id that its visitor received', async () => {
    const { headers } = await visitor.get('/api/tickets');
    const lines = market.logged.map((line) => JSON.parse(line));
    const told = headers['x-request-id'];
    expect(lines.find(({ correlationId }) => correlationId === told)).toMatchObject({
      method: 'GET',
      url: '/api/tickets',
      status: 200,
    });
  });

  it('takes over the id that a program has given its request', async () => {
    const { headers } = await visitor.get('/healthz', { 'x-request-id': 'given-by-a-program' });
    expect(headers['x-request-id']).toBe('given-by-a-program');
  });
});
