/** Hostile and mistaken paths, queries and headers: each gets a helpful problem document and changes nothing. */

import { HostileScene, JSON_TYPE, type Method } from '@fairseat/test-support/hostile';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doors } from './doors.ts';

describe.each(doors)('the services %s', (_, door) => {
  let scene: HostileScene;
  beforeAll(async () => {
    scene = await HostileScene.open(door);
  });
  afterAll(async () => {
    expect(await scene.made()).toEqual([]);
    await scene[Symbol.asyncDispose]();
  });

  describe('an id in a path', () => {
    const bad = [
      'x',
      '%',
      '%00',
      '%ff',
      '%F0%9F',
      '%E0%A4%A',
      '..%2f..%2fetc%2fpasswd',
      'F'.repeat(32),
      'f'.repeat(33),
      'f'.repeat(500),
      '__proto__',
      'constructor',
      '%7B%22$gt%22:%22%22%7D',
      '%F0%9F%98%80',
      "';--",
      '-1',
      'null',
      'undefined',
      `${'f'.repeat(32)}%0a`,
    ];
    it.each(bad)('%s leads nowhere on every route', async (id) => {
      const requests: [Method, string, unknown?][] = [
        ['GET', `/api/tickets/${id}`],
        ['PUT', `/api/tickets/${id}`, { title: 'A seat', price: 1 }],
        ['DELETE', `/api/tickets/${id}`],
        ['GET', `/api/orders/${id}`],
        ['DELETE', `/api/orders/${id}`],
        ['GET', `/api/payments/${id}`],
        ['POST', `/api/test-gateway/${id}/confirm`, { approve: true }],
      ];
      for (const [method, url, body] of requests) {
        const reply = body
          ? await scene.sendJson(method, url, body)
          : await scene.send(method, url);
        expect(faultsOf(reply, 404), url).toEqual([]);
      }
    });

    it('of another’s record tells nothing of it', async () => {
      for (const url of [`/api/orders/${scene.ids.order}`, `/api/payments/${scene.ids.order}`]) {
        const reply = await scene.send('GET', url);
        expect(faultsOf(reply, 403)).toEqual([]);
        expect(JSON.stringify(reply.body)).not.toMatch(/amount|price|expiresAt/);
      }
    });
  });

  describe('a query', () => {
    const page = [
      'limit=0',
      'limit=101',
      'limit=-1',
      'limit=1.5',
      'limit=abc',
      'limit=',
      'limit=1e9',
      'limit=NaN',
      'limit=Infinity',
      'limit=1&limit=2',
      'limit[$gt]=1',
      'cursor=',
      'cursor=x',
      `cursor=${Buffer.from("2026-01-01T00:00:00Z ' OR 1=1").toString('base64url')}`,
      `cursor=${'x'.repeat(201)}`,
      'cursor=a&cursor=b',
      '__proto__=1',
      'constructor=1',
      'nobody=knows',
      `${'a'.repeat(1000)}=1`,
    ];
    const search = [
      `q=${'x'.repeat(201)}`,
      `q=${'x'.repeat(1000)}`,
      'q=a&q=b',
      'q[]=a',
      'q[$ne]=a',
      'available=yes',
      'available=1',
      'available=',
      'mine=TRUE',
      'mine=true&mine=false',
    ];
    it.each([
      ...page.map((query) => ['/api/orders', query] as const),
      ...[...page, ...search].map((query) => ['/api/tickets', query] as const),
    ])('that makes no sense is refused (%s?%s)', async (path, query) => {
      const reply = await scene.send('GET', `${path}?${query}`);
      expect(faultsOf(reply, 400)).toEqual([]);
      expect(reply.body.detail).not.toMatch(/invalid input|received/i);
    });

    it.each([
      'q=%00',
      'q=%ff',
      'q=%',
      'q=%ED%A0%80',
      "q='%20OR%201=1",
      'q=%F0%9F%8E%9F',
      'q=*',
      'q="',
    ])('of odd signs finds nothing (%s)', async (query) => {
      expect(await scene.send('GET', `/api/tickets?${query}`)).toMatchObject({
        status: 200,
        body: { tickets: [] },
      });
    });
  });

  describe('a header', () => {
    it.each([
      ['prefer', 'x'.repeat(1001), 400],
      ['idempotency-key', '', 400],
      ['idempotency-key', 'k'.repeat(256), 400],
      ['idempotency-key', 'clé', 400],
    ])('%s that is too odd is refused (%j)', async (name, value, status) => {
      const body = JSON.stringify({ ticketId: scene.ids.ticket });
      const reply = await scene.send('POST', '/api/orders', body, { ...JSON_TYPE, [name]: value });
      expect(faultsOf(reply, status)).toEqual([]);
    });

    it.each(['../../../etc/passwd', '<script>', 'x', 'x'.repeat(65), '{"a":1}'])(
      'x-request-id that could spoil a log is replaced (%s)',
      async (given) => {
        const { headers } = await scene.send('GET', '/healthz', undefined, {
          'x-request-id': given,
        });
        expect(headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
      },
    );
  });
});
