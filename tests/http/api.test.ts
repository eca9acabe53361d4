/** The contract of the HTTP API: every route of `contract/` with every status that it may answer, and the shape of each answer. */

import { type Reply, TestMarketplace } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { feed } from './contract/feed.ts';
import { live } from './contract/live.ts';
import { orders } from './contract/orders.ts';
import { payments } from './contract/payments.ts';
import { type Contract, refusedEverywhere, sceneOf } from './contract/scene.ts';
import { tickets } from './contract/tickets.ts';
import { users } from './contract/users.ts';

const contract: Contract = Object.fromEntries(
  Object.entries({ ...users, ...tickets, ...orders, ...payments, ...live, ...feed }).map(
    ([route, cases]) => [route, { ...refusedEverywhere(route), ...cases }],
  ),
);
/** Of every message, or of every page, whatever it answers. */
const USUAL =
  /^(cache-control|connection|content-(length|security-policy|type)|date|keep-alive|referrer-policy|transfer-encoding|vary|x-accel-buffering|x-(content-type|frame)-options)$/;
/** Not there each time. */
const ONLY_IF = ['Accept-Encoding', 'Link', 'Preference-Applied'];

interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}
interface Operation {
  security?: object[];
  requestBody?: { content: Record<string, { schema: { properties?: object } }> };
  responses: Record<
    string,
    { content?: Record<string, { schema: object }>; headers?: Record<string, object> }
  >;
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

/** Whether a reply has the shape that the OpenAPI document promises for its status. */
function keepsPromise(route: string, { status, headers, body }: Reply<unknown>) {
  const content = operationOf(route)?.responses[status]?.content;
  if (content === undefined) return body === '' && headers['content-type'] === undefined;
  const type = String(headers['content-type']).split(';')[0] as string;
  const schema = content[type]?.schema;
  if (schema === undefined) return false;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const validate = ajv.compile({ ...schema, components: document.components });
  return validate(body) || validate.errors;
}

/** The headers of a reply that are not promised for its status, and those that are promised and missing. */
function headerFaults(route: string, { status, headers }: Reply<unknown>) {
  const promised = Object.keys(operationOf(route)?.responses[status]?.headers ?? {});
  const lower = promised.map((name) => name.toLowerCase());
  const mayLack = status === 409 ? [...ONLY_IF, 'Retry-After'] : ONLY_IF;
  return {
    notPromised: Object.keys(headers).filter((name) => !USUAL.test(name) && !lower.includes(name)),
    missing: promised.filter((name) => !mayLack.includes(name) && !headers[name.toLowerCase()]),
  };
}

describe.each(Object.entries(contract))('%s', (route, scenarios) => {
  it.each(Object.entries(scenarios))('answers %i as documented', async (status, scenario) => {
    const reply = await scenario(await sceneOf(market));
    if (Number(status) >= 400) expect(faultsOf(reply, Number(status))).toEqual([]);
    else expect(reply.status, JSON.stringify(reply.body)).toBe(Number(status));
    expect(keepsPromise(route, reply)).toBe(true);
    expect(headerFaults(route, reply)).toEqual({ notPromised: [], missing: [] });
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
        const statuses = Object.keys(responses).filter((status) => !/503|default/.test(status));
        return [`${method.toUpperCase()} ${path}`, statuses] as const;
      }),
    );
    const tested = Object.entries(contract).map(([route, cases]) => [route, Object.keys(cases)]);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(tested));
  });

  it('has examples of its records that fit them', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const all = Object.values(document.components.schemas) as { examples?: object[] }[];
    const examples = all.flatMap((schema) =>
      (schema.examples ?? []).map((each) => ({ schema, each })),
    );
    expect(examples.length).toBeGreaterThanOrEqual(5);
    for (const { schema, each } of examples) {
      const validate = ajv.compile({ ...schema, components: document.components });
      expect(validate(each) || validate.errors).toBe(true);
    }
  });

  it('tells where a session is needed', () => {
    const needs = (route: string) => {
      const ways = operationOf(route)?.security ?? [];
      return ways.length > 0 && ways.every((way) => Object.keys(way).length > 0);
    };
    // The list of tickets needs a session only for one's own.
    const expected = (route: string) =>
      route !== 'GET /api/tickets' && 401 in (contract[route] ?? {});
    const routes = Object.keys(contract);
    expect(routes.filter(needs)).toEqual(routes.filter(expected));
  });

  it('tells how long texts may be, in characters', () => {
    const fieldsOf = (route: string) =>
      operationOf(route)?.requestBody?.content['application/json']?.schema.properties;
    expect(fieldsOf('POST /api/users/signup')).toMatchObject({
      email: { maxLength: 254 },
      password: { minLength: 8, maxLength: 128 },
    });
    expect(fieldsOf('PUT /api/tickets/{id}')).toMatchObject({
      title: { minLength: 1, maxLength: 200 },
    });
  });
});
