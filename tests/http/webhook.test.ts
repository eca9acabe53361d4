import { createHost, createLog, defineService, type Host, readConfig } from '@fairseat/common/kit';
import { clear, Simulation } from '@fairseat/platform/simulated';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const LIMIT = 64 * 1024;

let received: unknown;

/** Hears from another server at one route; the other two are as all routes are. */
const listener = defineService({
  name: 'listener',
  prefixes: ['/api/listener'],
  needs: [],
  hears: [],
  build: () => ({
    routes: async (app) => {
      const receive = async ({ body }: { body: unknown }) => {
        received = body;
        return 'received';
      };
      app.post('/api/listener/webhook', { bodyLimit: LIMIT, config: { webhook: true } }, receive);
      app.post('/api/listener/large', { bodyLimit: LIMIT }, receive);
      app.post('/api/listener', receive);
    },
  }),
});

let host: Host;
beforeAll(async () => {
  const { platform } = new Simulation({ seed: 1, weather: clear }).process('listener', 0);
  const config = readConfig({ PUBLIC_ORIGIN: 'https://tickets.example' });
  const log = createLog('silent');
  host = await createHost([listener], { platform, config, log, verifySession: async () => null });
  await host.start();
});
afterAll(() => host.stop());

async function post(path: string, payload: Buffer, headers: Record<string, string> = {}) {
  received = undefined;
  const reply = await host.app.inject({
    method: 'POST',
    url: `/api/listener${path}`,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    payload,
  });
  return {
    status: reply.statusCode,
    headers: reply.headers,
    body: reply.statusCode === 200 ? reply.body : reply.json(),
  };
}

describe('a webhook', () => {
  it.each([
    ['JSON with its white space', Buffer.from('{ "b": 1,\r\n\t"a": 1.0, "a": 2 }\n')],
    ['what no other route takes', Buffer.from('{"__proto__":{"x":1}}')],
    ['no JSON', Buffer.from([0xef, 0xbb, 0xbf, 0xff, 0x00, 0x80])],
    ['nothing', Buffer.alloc(0)],
    ['as much as its limit allows', Buffer.alloc(LIMIT, '☂')],
  ])('gets the bytes as they came: %s', async (_, bytes) => {
    const { status } = await post('/webhook', bytes);
    expect(status).toBe(200);
    expect(received).toBeInstanceOf(Buffer);
    expect(bytes.equals(received as Buffer)).toBe(true);
  });

  it('takes no more than its own limit, and says which that is', async () => {
    const refused = await post('/webhook', Buffer.alloc(LIMIT + 1, ' '));
    expect(faultsOf(refused, 413)).toEqual([]);
    expect(refused.body.detail).toBe('The body may have at most 64 KiB.');
    expect(received).toBeUndefined();
  });

  it.each([
    ['another origin', { origin: 'https://gateway.example' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a session that is none', { cookie: 'session=forged' }],
  ])('takes requests with %s', async (_, headers) => {
    expect((await post('/webhook', Buffer.from('{}'), headers)).status).toBe(200);
  });
});

describe('any other route of the same service', () => {
  it('gets JSON only, parsed', async () => {
    expect((await post('', Buffer.from('{ "a": 1 }'))).status).toBe(200);
    expect(received).toEqual({ a: 1 });
    expect(faultsOf(await post('/large', Buffer.from('{'), {}), 400)).toEqual([]);
  });

  it('takes no more than all routes do', async () => {
    const refused = await post('', Buffer.alloc(16 * 1024 + 1, ' '));
    expect(faultsOf(refused, 413)).toEqual([]);
    expect(refused.body.detail).toBe('The body may have at most 16 KiB.');
  });

  it.each(['', '/large', '/unknown'])('is closed to other origins: %s', async (path) => {
    for (const headers of [
      { origin: 'https://gateway.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      expect(faultsOf(await post(path, Buffer.from('{}'), headers), 403)).toEqual([]);
    }
  });
});
