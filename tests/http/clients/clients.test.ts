/** What others make of the OpenAPI document: a linter no complaint, and generators clients that buy a ticket. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { createClient } from '@hey-api/openapi-ts';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import openapiTS, { astToString } from 'openapi-typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PATIENT = { timeout: 60_000 };
const root = join(import.meta.dirname, '../../..');

let market: TestMarketplace;
let folder: string;
let document: string;
beforeAll(async () => {
  market = await TestMarketplace.open();
  await market.app.listen({ host: '127.0.0.1', port: 0 });
  document = (await market.app.inject('/api/openapi.json')).body;
  folder = await mkdtemp(join(tmpdir(), 'fairseat-clients-'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(async () => {
  await market[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Keeps the cookies of one person, as browsers do. */
const PERSON = `
export function person() {
  let cookie = '';
  return async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    request.headers.set('cookie', cookie);
    const response = await fetch(request);
    const set = response.headers.getSetCookie().map((each) => each.split(';')[0]);
    if (set.length > 0) cookie = set.join('; ');
    return response;
  };
}
`;

const BY_TYPES = `
import createClient from 'openapi-fetch';
import { person } from './person.ts';
import type { paths } from './schema.ts';

export async function purchase(baseUrl: string) {
  const [seller, buyer] = [0, 1].map(() => createClient<paths>({ baseUrl, fetch: person() }));
  if (!seller || !buyer) throw new Error();
  for (const [who, email] of [[seller, 'seller1@example.com'], [buyer, 'buyer1@example.com']] as const) {
    await who.POST('/api/users/signup', { body: { email, password: 'correct horse' } });
  }
  const listed = await seller.POST('/api/tickets', {
    body: { title: 'Front row', price: 4990 },
    params: { header: { 'idempotency-key': 'one' } },
  });
  if (!listed.data) throw new Error(listed.error.detail);
  const held = await buyer.POST('/api/orders', {
    body: { ticketId: listed.data.id, price: 4990 },
    params: { header: { prefer: 'wait=10' } },
  });
  if (!held.data) throw new Error(held.error.code);
  const orderId: string = held.data.id;
  const paid = await buyer.POST('/api/payments', { body: { orderId, token: 'pm_card_visa' } });
  const again = await buyer.POST('/api/payments', { body: { orderId, token: 'pm_card_visa' } });
  return { orderId, status: paid.data?.status, code: again.error?.code };
}
`;

const BY_CALLS = `
import { createClient } from './hey/client/index.ts';
import { createTicket, payOrder, placeOrder, signUp } from './hey/sdk.gen.ts';
import { person } from './person.ts';

export async function purchase(baseUrl: string) {
  const [seller, buyer] = [0, 1].map(() => createClient({ baseUrl, fetch: person() }));
  if (!seller || !buyer) throw new Error();
  const password = 'correct horse';
  await signUp({ client: seller, body: { email: 'seller2@example.com', password } });
  await signUp({ client: buyer, body: { email: 'buyer2@example.com', password } });
  const listed = await createTicket({ client: seller, body: { title: 'Front row', price: 4990 } });
  if (!listed.data) throw new Error(listed.error.detail);
  const held = await placeOrder({
    client: buyer,
    body: { ticketId: listed.data.id, price: 4990 },
    headers: { prefer: 'wait=10' },
  });
  if (!held.data) throw new Error(held.error.code);
  const body = { orderId: held.data.id, token: 'pm_card_visa' };
  const paid = await payOrder({ client: buyer, body });
  const again = await payOrder({ client: buyer, body });
  return { orderId: held.data.id, status: paid.data?.status, code: again.error?.code };
}
`;

const STRICT = [
  ...[
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--target',
    'esnext',
    '--lib',
    'esnext,dom,dom.iterable',
  ],
  ...['--module', 'esnext', '--moduleResolution', 'bundler', '--allowImportingTsExtensions'],
];

/** Checks the types of a program, and lets it buy a ticket. */
async function buyBy(name: string, program: string) {
  await writeFile(join(folder, 'person.ts'), PERSON);
  await writeFile(join(folder, name), program);
  const checked = promisify(execFile)(join(root, 'node_modules/.bin/tsc'), [...STRICT, name], {
    cwd: folder,
  });
  await checked.catch(({ stdout }) => expect(stdout).toBe(''));
  const { port } = market.app.server.address() as AddressInfo;
  const { purchase } = await import(/* @vite-ignore */ join(folder, name));
  const bought = await purchase(`http://127.0.0.1:${port}`);
  expect(bought).toMatchObject({ status: 'completed', code: 'already_paid' });
  await market.settled();
  const orders = market.platform.table<{
    id: string;
    status: string;
    version: number;
    createdAt: string;
  }>('orders', { name: 'orders' });
  expect(await orders.get(bought.orderId)).toMatchObject({ status: 'completed' });
}

describe('the OpenAPI document', () => {
  it('has nothing that the recommended rules of Redocly complain of', PATIENT, async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const lint = (source: string) =>
      lintFromString({ source, absoluteRef: '/openapi.json', config });
    expect(await lint(document)).toEqual([]);
    const worse = await lint(document.replaceAll('"operationId"', '"x-operation"'));
    expect(worse.map(({ ruleId }) => ruleId)).toContain('operation-operationId');
  });

  it('has each shared schema once, and none that nobody uses', () => {
    const { paths, components } = JSON.parse(document);
    const text = JSON.stringify([paths, components.schemas]);
    for (const name of Object.keys(components.schemas)) expect(text).toContain(`schemas/${name}"`);
    expect(JSON.stringify(paths)).not.toContain('"mayRetry"');
    expect(document.length).toBeLessThan(100_000);
    // What a reader makes of a number without a lower limit.
    expect(document).not.toContain('-9007');
  });

  it('lets openapi-typescript make types with which a program buys a ticket', PATIENT, async () => {
    await writeFile(join(folder, 'schema.ts'), astToString(await openapiTS(document)));
    await buyBy('by-types.ts', BY_TYPES);
  });

  it('lets @hey-api/openapi-ts make a client that buys a ticket', PATIENT, async () => {
    await createClient({
      input: JSON.parse(document),
      output: { path: join(folder, 'hey'), importFileExtension: '.ts' },
      plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
      logs: { level: 'silent' },
    });
    await buyBy('by-calls.ts', BY_CALLS);
  });
});
