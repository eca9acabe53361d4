/** The ids, queries and headers of `strangers.ts`: each gets a helpful problem document and changes nothing. */

import { bearer, keyFor } from '@fairseat/test-support/feed-listener';
import { HostileScene, JSON_TYPE, type Method } from '@fairseat/test-support/hostile';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  noIds,
  noKeys,
  oddSearches,
  wrongFeeds,
  wrongHeaders,
  wrongOptions,
  wrongPages,
  wrongRequestIds,
  wrongSearches,
} from '../strangers.ts';
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
    it.each(noIds)('%s leads nowhere on every route', async (id) => {
      const requests: [Method, string, unknown?][] = [
        ['GET', `/api/tickets/${id}`],
        ['PUT', `/api/tickets/${id}`, { title: 'A seat', price: 1 }],
        ['DELETE', `/api/tickets/${id}`],
        ['GET', `/api/orders/${id}`],
        ['DELETE', `/api/orders/${id}`],
        ['GET', `/api/payments/${id}`],
        ['POST', `/api/payments/${id}/settle`, {}],
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
    it.each([
      ...wrongPages.map((query) => ['/api/orders', query] as const),
      ...wrongOptions.map((query) => ['/api/payments/options', query] as const),
      ...[...wrongPages, ...wrongSearches].map((query) => ['/api/tickets', query] as const),
    ])('that makes no sense is refused (%s?%s)', async (path, query) => {
      const reply = await scene.send('GET', `${path}?${query}`);
      expect(faultsOf(reply, 400)).toEqual([]);
      expect(reply.body.detail).not.toMatch(/invalid input|received/i);
    });

    it.each(wrongFeeds)('of events that makes no sense is refused (%s)', async (query, status) => {
      const key = await keyFor(scene.market, '*');
      const reply = await scene.send('GET', `/api/feed?${query}`, undefined, bearer(key));
      expect(faultsOf(reply, status)).toEqual([]);
      expect(reply.body.detail).not.toMatch(/invalid input|received/i);
    });

    it.each(noKeys)('of events opens to no key but a good one (%s)', async (authorization) => {
      const reply = await scene.send('GET', '/api/feed', undefined, { authorization });
      expect(faultsOf(reply, 401)).toEqual([]);
    });

    it.each(oddSearches)('of odd signs finds nothing (%s)', async (query) => {
      expect(await scene.send('GET', `/api/tickets?${query}`)).toMatchObject({
        status: 200,
        body: { tickets: [] },
      });
    });
  });

  describe('a header', () => {
    it.each(wrongHeaders)('%s that is too odd is refused (%j)', async (name, value, status) => {
      const body = JSON.stringify({ ticketId: scene.ids.ticket });
      const reply = await scene.send('POST', '/api/orders', body, { ...JSON_TYPE, [name]: value });
      expect(faultsOf(reply, status)).toEqual([]);
    });

    it.each(wrongRequestIds)(
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
