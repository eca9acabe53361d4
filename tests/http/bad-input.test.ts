/** The bodies of `strangers.ts` on every route: each gets a helpful problem document and changes nothing. */

import { HostileScene, JSON_TYPE } from '@fairseat/test-support/hostile';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bodies,
  extraFields,
  notPrices,
  notText,
  notUtf8,
  titlesKept,
  titlesTamed,
  wrongFields,
} from '../strangers.ts';
import { doors } from './doors.ts';

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}
interface Operation {
  requestBody?: {
    content: Record<string, { schema: { properties?: object; required?: string[] } }>;
  };
}

describe.each(doors)('the services %s', (_, door) => {
  let scene: HostileScene;
  beforeAll(async () => {
    scene = await HostileScene.open(door);
  });
  afterAll(async () => {
    expect(await scene.made()).toEqual([]);
    await scene[Symbol.asyncDispose]();
  });

  describe('a body', () => {
    it.each(bodies)('%s is refused on every route', async (_, payload, headers, status) => {
      for (const [method, url] of scene.routes) {
        expect(faultsOf(await scene.send(method, url, payload, headers), status)).toEqual([]);
      }
    });

    it.each(notUtf8)('%s is refused as such on every route', async (_, payload) => {
      for (const [method, url] of scene.routes) {
        const reply = await scene.send(method, url, payload, JSON_TYPE);
        expect(faultsOf(reply, 400)).toEqual([]);
        expect(reply.body.code).toBe('invalid_utf8');
      }
    });

    it.each(extraFields)('with %s is refused on every route', async (_, extra, named) => {
      for (const [method, url, body] of scene.routes) {
        const reply = await scene.sendJson(method, url, { ...body, ...extra });
        expect(faultsOf(reply, 400)).toEqual([]);
        expect(reply.body.detail).toContain(named);
      }
      expect(({} as { admin?: true }).admin).toBeUndefined();
    });

    it.each(['__proto__', '\\u005f_proto__'])(
      'with the key %s is refused on every route',
      async (key) => {
        for (const [method, url, body] of scene.routes) {
          const text = `${JSON.stringify(body).slice(0, -1)},"${key}":{"admin":true}}`;
          expect(faultsOf(await scene.send(method, url, text, JSON_TYPE), 400)).toEqual([]);
        }
        expect(({} as { admin?: true }).admin).toBeUndefined();
      },
    );
  });

  /** The bodies that the OpenAPI document describes, by method and path: their fields, and those that are required. */
  async function documented() {
    const { paths } = (await scene.attacker.get<OpenApi>('/api/openapi.json')).body;
    return Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, { requestBody }]) => {
        if (requestBody === undefined) return [];
        const { properties = {}, required = [] } =
          requestBody.content['application/json']?.schema ?? {};
        return [
          { route: `${method.toUpperCase()} ${path}`, fields: Object.keys(properties), required },
        ];
      }),
    );
  }

  /** What the document says of a route of the scene, whose address has ids in it. */
  const describedIn = (all: Awaited<ReturnType<typeof documented>>, method: string, url: string) =>
    all.find(({ route }) =>
      new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(`${method} ${url}`),
    );

  describe('a field', () => {
    it('of any route is in the bodies that are tried', async () => {
      const all = await documented();
      const tried = scene.routes.map(([method, url, body]) => [
        describedIn(all, method, url)?.route ?? `${method} ${url}`,
        Object.keys(body).sort(),
      ]);
      // Of those that take no field each has a row in the table of the contract.
      const others = all.filter(({ fields }) => fields.length > 0);
      expect(Object.fromEntries(tried)).toEqual(
        Object.fromEntries(others.map(({ route, fields }) => [route, fields.sort()])),
      );
    });

    it('of any body is in the table', () => {
      expect(Object.keys(wrongFields).sort()).toEqual(scene.fields);
    });

    it.each(Object.keys(wrongFields))(
      '%s of a wrong kind is refused, by its name',
      async (field) => {
        const kinds = field === 'price' || field === 'approve' ? [] : notText;
        const all = await documented();
        for (const [method, url, body] of scene.routes.filter(([, , fields]) => field in fields)) {
          // At sign-in an impossible text is wrong like any other.
          const values =
            url === '/api/users/signin' ? kinds : [...kinds, ...(wrongFields[field] ?? [])];
          for (const value of values) {
            const reply = await scene.sendJson(method, url, { ...body, [field]: value });
            expect(faultsOf(reply, 400), `${url} ${field}=${JSON.stringify(value)}`).toEqual([]);
            expect(reply.body.errors).toMatchObject([{ field }]);
            expect(reply.body.detail).not.toMatch(/invalid input|received/i);
          }
          if (!describedIn(all, method, url)?.required.includes(field)) continue;
          const { [field]: _, ...rest } = body;
          const reply = await scene.sendJson(method, url, rest);
          expect(faultsOf(reply, 400)).toEqual([]);
          expect(reply.body.errors).toMatchObject([{ field }]);
        }
      },
    );

    it.each(notPrices)('price of %s is refused', async (price) => {
      const text = `{"title":"A seat","price":${price}}`;
      expect(faultsOf(await scene.send('POST', '/api/tickets', text, JSON_TYPE), 400)).toEqual([]);
    });

    it('that is strange but harmless is taken as it is', async () => {
      await using own = await TestMarketplace.open();
      const seller = await own.person();
      for (const title of titlesKept) {
        const { id } = await seller.sells(title, 99_999_999);
        expect((await seller.seesTicket(id)).title).toBe(title);
      }
      for (const [typed, kept] of titlesTamed) {
        expect((await seller.sells(typed)).title).toBe(kept);
      }
    });
  });
});
