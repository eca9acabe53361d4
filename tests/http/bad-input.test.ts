/** Hostile and mistaken bodies on every route: each gets a helpful problem document and changes nothing. */

import { HostileScene, JSON_TYPE } from '@fairseat/test-support/hostile';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    const plain = { 'content-type': 'text/plain' };
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
    const deep = (open: string, close: string) => open.repeat(2000) + close.repeat(2000);
    it.each<[string, string | Buffer | undefined, Record<string, string>, number]>([
      ['that is missing', undefined, {}, 400],
      ['that is empty', '', JSON_TYPE, 400],
      ['of white space', ' \n ', JSON_TYPE, 400],
      ['that ends early', '{"title":', JSON_TYPE, 400],
      ['that is no JSON', '{title: 1}', JSON_TYPE, 400],
      ['with NaN', '{"price":NaN}', JSON_TYPE, 400],
      ['that is NaN', 'NaN', JSON_TYPE, 400],
      ['that is null', 'null', JSON_TYPE, 400],
      ['that is a list', '[{}]', JSON_TYPE, 400],
      ['that is text', '"title"', JSON_TYPE, 400],
      ['that is a number', '12', JSON_TYPE, 400],
      ['that is a truth', 'true', JSON_TYPE, 400],
      ['without its fields', '{}', JSON_TYPE, 400],
      ['of lists in lists', deep('[', ']'), JSON_TYPE, 400],
      ['of objects in objects', deep('{"a":', '}').replace(':}', ':1}'), JSON_TYPE, 400],
      ['of 17 KiB', `{"title":"${'a'.repeat(17 * 1024)}"}`, JSON_TYPE, 413],
      ['of 10 MB', Buffer.alloc(10_485_760, 'a'), JSON_TYPE, 413],
      ['that is plain text', '{}', plain, 415],
      ['that is a form', 'title=A&price=1', form, 415],
      ['that is in parts', '--x--', multipart, 415],
      ['of no type', '{}', { 'content-type': '' }, 415],
      ['of a type that is none', '{}', { 'content-type': '???' }, 415],
    ])('%s is refused on every route', async (_, payload, headers, status) => {
      for (const [method, url] of scene.routes) {
        expect(faultsOf(await scene.send(method, url, payload, headers), status)).toEqual([]);
      }
    });

    it.each([
      ['that is not UTF-8', Buffer.from('{"title":"\xff\xfe"}', 'latin1')],
      ['with an overlong slash', Buffer.from('{"title":"\xc0\xaf"}', 'latin1')],
      ['with half a character', Buffer.from('{"title":"\xf0\x9f"}', 'latin1')],
      ['in UTF-16', Buffer.from('\ufeff{"title":"a"}', 'utf16le')],
    ])('%s is refused as such on every route', async (_, payload) => {
      for (const [method, url] of scene.routes) {
        const reply = await scene.send(method, url, payload, JSON_TYPE);
        expect(faultsOf(reply, 400)).toEqual([]);
        expect(reply.body.code).toBe('invalid_utf8');
      }
    });

    it.each([
      ['a field that nobody knows', { admin: true }, 'admin'],
      ['an operator of a database', { $where: 'sleep(1)' }, '$where'],
      ['its own id', { id: 'f'.repeat(32) }, 'id'],
      ['another owner', { userId: 'f'.repeat(32) }, 'userId'],
      ['a constructor', { constructor: { name: 'x' } }, 'constructor'],
      [
        'the prototype of a constructor',
        { constructor: { prototype: { admin: true } } },
        '__proto__',
      ],
      ['what every object has', { toString: 1, hasOwnProperty: 1 }, 'toString'],
    ])('with %s is refused on every route', async (_, extra, named) => {
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
    const notText = [null, true, 12, [], ['a'], {}, { $gt: '' }, { $ne: null }, { length: 8 }];
    const odd = [
      '',
      ' ',
      '\0',
      'a\0b',
      '\ud800',
      '\u202e',
      '🎟️',
      '../..',
      "' OR 1=1 --",
      'x'.repeat(5000),
    ];
    const tooOdd: Record<string, unknown[]> = {
      email: [...odd, 'a@b', `${'a'.repeat(250)}@example.com`],
      password: ['', 'short', '\ud800'.repeat(8), 'x'.repeat(129), 'x'.repeat(5000)],
      title: [
        '',
        ' ',
        '\n',
        '\0',
        'a\0b',
        'a\u001b[31m',
        '\u0085',
        '\ud800',
        'a\udc00b',
        'x'.repeat(201),
        '👍'.repeat(201),
      ],
      price: [
        0,
        -1,
        -0,
        1.5,
        '12',
        '',
        1e12,
        1e308,
        100_000_000,
        2 ** 53,
        0.1,
        1e-7,
        null,
        true,
        false,
        [1],
        {},
        { $gt: 0 },
      ],
      ticketId: [
        ...odd,
        'no-id',
        'F'.repeat(32),
        'f'.repeat(31),
        'f'.repeat(33),
        `${'f'.repeat(32)}\n`,
      ],
      orderId: [...odd, 'no-id', 'F'.repeat(32), 'f'.repeat(33)],
      token: [...odd, 'pm card', 'pm-card', 'x'.repeat(256)],
      approve: [null, 'true', 1, 0, [], {}, ''],
    };

    it('of any route is in the bodies that are tried', async () => {
      const all = await documented();
      const tried = scene.routes.map(([method, url, body]) => [
        describedIn(all, method, url)?.route ?? `${method} ${url}`,
        Object.keys(body).sort(),
      ]);
      // Signing out may have a body, and takes no field.
      const others = all.filter(({ route }) => !route.startsWith('POST /api/users/signout'));
      expect(Object.fromEntries(tried)).toEqual(
        Object.fromEntries(others.map(({ route, fields }) => [route, fields.sort()])),
      );
    });

    it('of any body is in this table', () => {
      expect(Object.keys(tooOdd).sort()).toEqual(scene.fields);
    });

    it.each(Object.keys(tooOdd))('%s of a wrong kind is refused, by its name', async (field) => {
      const kinds = field === 'price' || field === 'approve' ? [] : notText;
      const all = await documented();
      for (const [method, url, body] of scene.routes.filter(([, , fields]) => field in fields)) {
        // At sign-in an impossible text is wrong like any other.
        const values = url === '/api/users/signin' ? kinds : [...kinds, ...(tooOdd[field] ?? [])];
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
    });

    it.each(['1e999', '-1e999', '00012', '0x10', '1_000', '+1', '.5'])(
      'price of %s is refused',
      async (price) => {
        const text = `{"title":"A seat","price":${price}}`;
        expect(faultsOf(await scene.send('POST', '/api/tickets', text, JSON_TYPE), 400)).toEqual(
          [],
        );
      },
    );

    it('that is strange but harmless is taken as it is', async () => {
      await using own = await TestMarketplace.open();
      const seller = await own.person();
      for (const title of [
        '🎟️ 👨‍👩‍👧‍👦',
        'حفلة موسيقية',
        "Robert'); DROP TABLE tickets;--",
        '<script>alert(1)</script>',
        '{"$gt":""}',
        '__proto__',
        'x'.repeat(200),
        '👍'.repeat(200),
      ]) {
        const { id } = await seller.sells(title, 99_999_999);
        expect((await seller.seesTicket(id)).title).toBe(title);
      }
      for (const [typed, kept] of [
        ['  with space around \u00a0', 'with space around'],
        ['\u202eright to left', 'right to left'],
        ['e\u0301'.repeat(100), '\u00e9'.repeat(100)],
      ] as const) {
        expect((await seller.sells(typed)).title).toBe(kept);
      }
    });
  });
});
