/** The limits on live streams, over real connections. */
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { Stored, Table, TableDefinition } from '@fairseat/common/ports';
import { Listener } from '@fairseat/test-support/listener';
import {
  TestMarketplace,
  type TestOptions,
  type Visitor,
} from '@fairseat/test-support/marketplace';
import { afterEach, describe, expect, it } from 'vitest';

let market: TestMarketplace;
const open = async (options: TestOptions = {}) => {
  market = await TestMarketplace.open(options);
  await market.app.listen({ host: '127.0.0.1', port: 0 });
  return (await market.people(2)) as [Visitor, Visitor];
};
afterEach(() => market[Symbol.asyncDispose]());

async function listen(visitor?: Visitor) {
  const { port } = market.app.server.address() as AddressInfo;
  const cookie = visitor?.cookie;
  return Listener.open(`http://127.0.0.1:${port}`, '', cookie ? { cookie } : {});
}
async function listening(visitor?: Visitor) {
  const listener = await listen(visitor);
  expect((await listener.next()).name).toBe('reset');
  return listener;
}
const listeningTimes = (count: number, visitor?: Visitor) =>
  Promise.all(Array.from({ length: count }, () => listening(visitor)));
const LIMITED = { env: { RATE_LIMITS: 'on' } };

/** How many connections the server has. */
const connections = () => promisify(market.app.server.getConnections.bind(market.app.server))();

/** Receives how to let a session be looked up, while one waits for it. */
let lookedUp: ((goOn: () => void) => void) | undefined;
const slowly: TestOptions['wrap'] = (platform) => ({
  ...platform,
  table<R extends Stored>(service: string, definition: TableDefinition<R>): Table<R> {
    const table = platform.table(service, definition);
    if (service !== 'live' || definition.name !== 'ended_sessions') return table;
    const get: Table<R>['get'] = async (id) => {
      if (lookedUp) await new Promise<void>((resolve) => lookedUp?.(resolve));
      return table.get(id);
    };
    return new Proxy(table, {
      get: (target, name) => {
        const value = name === 'get' ? get : Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  },
});

describe('the limits of live streams', () => {
  it('are ten for a session, and another session has its own', async () => {
    const [buyer, other] = await open(LIMITED);
    const streams = await listeningTimes(10, buyer);
    const { response } = await listen(buyer);
    expect(response.statusCode).toBe(429);
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    await listening(other);
    streams[0]?.close();
    await expect.poll(async () => (await listen(buyer)).response.statusCode).toBe(200);
  });

  it('are fifty for a user, however many sessions there are', async () => {
    await open(LIMITED);
    const account = { email: 'everywhere@example.com', password: 'correct horse' };
    await market.person(account.email);
    const signedIn = async () => {
      const visitor = market.visitor();
      expect((await visitor.post('/api/users/signin', account)).status).toBe(200);
      return visitor;
    };
    for (let session = 1; session <= 5; session++) await listeningTimes(10, await signedIn());
    expect((await listen(await signedIn())).response.statusCode).toBe(429);
  });

  it('are a hundred for all who are not signed in at one address', async () => {
    const [buyer] = await open(LIMITED);
    await listeningTimes(100);
    expect((await listen()).response.statusCode).toBe(429);
    await listening(buyer);
  });

  it('do not count a client that leaves while its session is looked up', async () => {
    const [buyer] = await open({ ...LIMITED, wrap: slowly });
    const { port } = market.app.server.address() as AddressInfo;
    const headers = { cookie: String(buyer.cookie) };
    for (let n = 0; n < 10; n++) {
      const looked = Promise.withResolvers<() => void>();
      lookedUp = (goOn) => looked.resolve(goOn);
      const request = get({ host: '127.0.0.1', port, path: '/api/live', headers });
      request.on('error', () => {});
      const goOn = await looked.promise;
      request.destroy();
      await expect.poll(connections).toBe(0);
      goOn();
    }
    lookedUp = undefined;
    await listeningTimes(10, buyer);
  });

  it('are lifted with RATE_LIMITS=off', async () => {
    const [buyer] = await open();
    await listeningTimes(60, buyer);
    await listeningTimes(110);
  });
});
