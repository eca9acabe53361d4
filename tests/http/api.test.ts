/** The contract of the HTTP API: every route with every status that it may answer, and the shape of each answer. */

import { type Reply, TestMarketplace, type Visitor } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Scene {
  market: TestMarketplace;
  seller: Visitor;
  buyer: Visitor;
  stranger: Visitor;
  /** Nobody is signed in here. */
  nobody: Visitor;
}
type Scenario = (scene: Scene) => Promise<Reply<unknown>>;

const NO_ID = 'f'.repeat(32);
const WAIT = { prefer: 'wait=10' };
const signUp = { email: 'Someone@example.com', password: 'correct horse' };

const held = async ({ seller, buyer }: Scene) => buyer.holds((await seller.sells()).id);

async function paid(scene: Scene, token = 'pm_card_visa') {
  const order = await held(scene);
  const charge = (await scene.buyer.pay(order.id, token)).body;
  await scene.market.settled();
  return { order, charge };
}
const asked = (scene: Scene) => paid(scene, 'pm_card_authenticationRequired');

async function flooded(path: 'signin' | 'signup', body: object) {
  await using market = await TestMarketplace.open({ env: { RATE_LIMITS: 'on' } });
  const visitor = market.visitor();
  let reply = await visitor.post(`/api/users/${path}`, body);
  while (reply.status !== 429) reply = await visitor.post(`/api/users/${path}`, body);
  return reply;
}

const contract: Record<string, Record<number, Scenario>> = {
  'POST /api/users/signup': {
    201: ({ nobody }) => nobody.post('/api/users/signup', signUp),
    400: ({ nobody }) => nobody.post('/api/users/signup', { ...signUp, password: 'short' }),
    409: async ({ nobody, market }) => {
      await market.person('taken@example.com');
      return nobody.post('/api/users/signup', { ...signUp, email: 'taken@example.com' });
    },
    429: () => flooded('signup', signUp),
  },
  'POST /api/users/signin': {
    200: async ({ nobody, market }) => {
      await market.person('known@example.com');
      return nobody.post('/api/users/signin', { ...signUp, email: 'known@example.com' });
    },
    400: ({ nobody }) => nobody.post('/api/users/signin', { ...signUp, password: 'wrong' }),
    429: () => flooded('signin', signUp),
  },
  'POST /api/users/signout': {
    200: ({ buyer }) => buyer.post('/api/users/signout', {}),
    400: ({ buyer }) => buyer.post('/api/users/signout', { everywhere: true }),
  },
  'GET /api/users/currentuser': {
    200: ({ buyer }) => buyer.get('/api/users/currentuser'),
  },
  'GET /api/tickets': {
    200: async ({ seller, nobody }) => {
      await seller.sells();
      return nobody.get('/api/tickets?limit=1');
    },
    400: ({ nobody }) => nobody.get('/api/tickets?limit=0'),
    401: ({ nobody }) => nobody.get('/api/tickets?mine=true'),
  },
  'POST /api/tickets': {
    201: ({ seller }) => seller.list('A seat', 4990),
    400: ({ seller }) => seller.list('', 4990),
    401: ({ nobody }) => nobody.list('A seat', 4990),
    422: async ({ seller }) => {
      await seller.list('A seat', 4990, { 'idempotency-key': 'one' });
      return seller.list('A seat', 4991, { 'idempotency-key': 'one' });
    },
  },
  'GET /api/tickets/{id}': {
    200: async ({ seller, nobody }) => nobody.get(`/api/tickets/${(await seller.sells()).id}`),
    404: ({ nobody }) => nobody.get(`/api/tickets/${NO_ID}`),
  },
  'PUT /api/tickets/{id}': {
    200: async ({ seller }) => seller.edit((await seller.sells()).id, 'A better seat', 5990),
    400: async ({ seller }) => seller.edit((await seller.sells()).id, 'A better seat', 0),
    401: async ({ seller, nobody }) => nobody.edit((await seller.sells()).id, 'Mine', 1),
    403: async ({ seller, stranger }) => stranger.edit((await seller.sells()).id, 'Mine', 1),
    404: ({ seller }) => seller.edit(NO_ID, 'A seat', 4990),
    409: async (scene) => scene.seller.edit((await held(scene)).ticketId, 'A seat', 5990),
  },
  'DELETE /api/tickets/{id}': {
    204: async ({ seller }) => seller.withdraw((await seller.sells()).id),
    401: async ({ seller, nobody }) => nobody.withdraw((await seller.sells()).id),
    403: async ({ seller, stranger }) => stranger.withdraw((await seller.sells()).id),
    404: ({ seller }) => seller.withdraw(NO_ID),
    409: async (scene) => scene.seller.withdraw((await held(scene)).ticketId),
  },
  'POST /api/orders': {
    201: async ({ seller, buyer }) => buyer.order((await seller.sells()).id, WAIT),
    400: ({ buyer }) => buyer.order('no-id'),
    401: async ({ seller, nobody }) => nobody.order((await seller.sells()).id),
    403: async ({ seller }) => seller.order((await seller.sells()).id),
    404: ({ market, buyer }) => market.hurried(buyer.order(NO_ID)),
    409: async (scene) => scene.stranger.order((await held(scene)).ticketId),
    422: async ({ seller, buyer }) => {
      await buyer.order((await seller.sells()).id, { 'idempotency-key': 'one' });
      return buyer.order((await seller.sells()).id, { 'idempotency-key': 'one' });
    },
  },
  'GET /api/orders': {
    200: async (scene) => {
      await held(scene);
      return scene.buyer.get('/api/orders');
    },
    400: ({ buyer }) => buyer.get('/api/orders?limit=101'),
    401: ({ nobody }) => nobody.get('/api/orders'),
  },
  'GET /api/live': {
    200: async ({ buyer }) => {
      const stream = buyer.get('/api/live');
      await buyer.post('/api/users/signout', {});
      return stream;
    },
    400: ({ nobody }) => nobody.get('/api/live?tickets=no-id'),
    429: async () => {
      await using market = await TestMarketplace.open({ env: { RATE_LIMITS: 'on' } });
      const buyer = await market.person();
      // Streams that are granted never end, so the race is won by the refusal.
      return await Promise.race(Array.from({ length: 11 }, () => buyer.get('/api/live')));
    },
  },
  'GET /api/orders/{id}': {
    200: async (scene) => scene.buyer.get(`/api/orders/${(await held(scene)).id}`),
    401: async (scene) => scene.nobody.get(`/api/orders/${(await held(scene)).id}`),
    403: async (scene) => scene.seller.get(`/api/orders/${(await held(scene)).id}`),
    404: ({ buyer }) => buyer.get(`/api/orders/${NO_ID}`),
  },
  'DELETE /api/orders/{id}': {
    204: async (scene) => scene.buyer.cancel((await held(scene)).id),
    401: async (scene) => scene.nobody.cancel((await held(scene)).id),
    403: async (scene) => scene.seller.cancel((await held(scene)).id),
    404: ({ buyer }) => buyer.cancel(NO_ID),
    409: async (scene) => scene.buyer.cancel((await paid(scene)).order.id),
  },
  'POST /api/payments': {
    201: async (scene) => scene.buyer.pay((await held(scene)).id),
    400: async (scene) => scene.buyer.pay((await held(scene)).id, 'pm_card_unheardOf'),
    401: async (scene) => scene.nobody.pay((await held(scene)).id),
    402: async (scene) => scene.buyer.pay((await held(scene)).id, 'pm_card_chargeDeclined'),
    403: async (scene) => scene.stranger.pay((await held(scene)).id),
    404: ({ market, buyer }) => market.hurried(buyer.pay(NO_ID)),
    409: async (scene) => scene.buyer.pay((await paid(scene)).order.id),
    422: async (scene) => {
      const key = { 'idempotency-key': 'one' };
      const { id } = await held(scene);
      await scene.buyer.pay(id, 'pm_card_visa', key);
      return scene.buyer.pay(id, 'pm_card_mastercard', key);
    },
  },
  'GET /api/payments/{orderId}': {
    200: async (scene) => scene.buyer.get(`/api/payments/${(await paid(scene)).order.id}`),
    401: async (scene) => scene.nobody.get(`/api/payments/${(await paid(scene)).order.id}`),
    403: async (scene) => scene.seller.get(`/api/payments/${(await paid(scene)).order.id}`),
    404: async (scene) => scene.buyer.get(`/api/payments/${NO_ID}`),
  },
  'POST /api/test-gateway/{id}/confirm': {
    200: async (scene) => {
      const url = (await asked(scene)).charge.nextAction?.url ?? '';
      return scene.buyer.post(url, { approve: true });
    },
    400: async (scene) => {
      const url = (await asked(scene)).charge.nextAction?.url ?? '';
      return scene.buyer.post(url, { approve: 'yes' });
    },
    401: ({ nobody }) => nobody.post('/api/test-gateway/pi_test_1/confirm', { approve: true }),
    402: async (scene) => {
      const url = (await asked(scene)).charge.nextAction?.url ?? '';
      return scene.buyer.post(url, { approve: false });
    },
    403: async (scene) => {
      const url = (await asked(scene)).charge.nextAction?.url ?? '';
      return scene.stranger.post(url, { approve: true });
    },
    404: ({ buyer }) => buyer.post('/api/test-gateway/pi_test_1/confirm', { approve: true }),
  },
};

interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}
interface Operation {
  security?: object[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

let market: TestMarketplace;
let document: OpenApi;
beforeAll(async () => {
  market = await TestMarketplace.open();
  document = (await market.visitor().get<OpenApi>('/api/openapi.json')).body;
});
afterAll(() => market[Symbol.asyncDispose]());

const operationOf = (route: string) => {
  const [method = '', path = ''] = route.split(' ');
  return document.paths[path]?.[method.toLowerCase()];
};

async function setScene(): Promise<Scene> {
  const [seller, buyer, stranger] = (await market.people(3)) as [Visitor, Visitor, Visitor];
  return { market, seller, buyer, stranger, nobody: market.visitor() };
}

/** Whether a reply has the shape that the OpenAPI document promises for its status. */
function keepsPromise(route: string, { status, headers, body }: Reply<unknown>) {
  const content = operationOf(route)?.responses[status]?.content;
  if (content === undefined) return body === '' && headers['content-type'] === undefined;
  const type = String(headers['content-type']).split(';')[0] as string;
  const schema = content[type]?.schema;
  if (schema === undefined) return false;
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  return validate(body) || validate.errors;
}

describe.each(Object.entries(contract))('%s', (route, scenarios) => {
  it.each(Object.entries(scenarios))('answers %i as documented', async (status, scenario) => {
    const reply = await scenario(await setScene());
    if (Number(status) >= 400) expect(faultsOf(reply, Number(status))).toEqual([]);
    else expect(reply.status, JSON.stringify(reply.body)).toBe(Number(status));
    expect(keepsPromise(route, reply)).toBe(true);
  });
});

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(await new Validator().validate({ ...document })).toMatchObject({
      valid: true,
    });
  });

  it('lists all routes and statuses, and no others', () => {
    const listed = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { responses }]) => {
        // 503 is tested where its causes are.
        const statuses = Object.keys(responses).filter((status) => status !== '503');
        return [`${method.toUpperCase()} ${path}`, statuses] as const;
      }),
    );
    const tested = Object.entries(contract).map(([route, cases]) => [route, Object.keys(cases)]);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(tested));
  });

  it('tells where a session is needed', () => {
    const needs = (route: string) => operationOf(route)?.security !== undefined;
    // The list of tickets needs a session only for one's own.
    const expected = (route: string) =>
      route !== 'GET /api/tickets' && 401 in (contract[route] ?? {});
    const routes = Object.keys(contract);
    expect(routes.filter(needs)).toEqual(routes.filter(expected));
  });
});
