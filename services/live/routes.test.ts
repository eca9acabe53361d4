/** Tests of who is counted: over real connections, whose readers leave when they like. */
import { once } from 'node:events';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type App,
  createApp,
  createLog,
  readConfig,
  type ServiceContext,
  type Session,
} from '@fairseat/common/kit';
import { createTestClock } from '@fairseat/common/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { Audience, topics } from './audience.ts';
import { routes } from './routes.ts';

const apps: App[] = [];
afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

async function open(visitorOf: () => Promise<Session | null> = async () => null, limited = false) {
  const audience = new Audience(createTestClock(), limited);
  const config = readConfig({});
  const app = await createApp({
    ...{ config, log: createLog('silent'), newId: () => '0'.repeat(32) },
    ...{ isReady: () => true, backfills: () => [] },
  });
  apps.push(app);
  await app.register(routes(audience, () => {}, { visitorOf } as unknown as ServiceContext));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const listen = (ids: string[]) => {
    const request = get(`http://127.0.0.1:${port}/api/live?tickets=${ids}`);
    request.on('error', () => {});
    return request;
  };
  return { app, audience, listen };
}

const [first, second, third] = ['1', '2', '3'].map((digit) => digit.repeat(32)) as [
  string,
  string,
  string,
];
const NOBODY = { streams: 0, topics: 0 };

describe('a live stream', () => {
  it('and its topics are counted while its reader is there, and no longer', async () => {
    const { audience, listen } = await open();
    const readers = [listen([first, second]), listen([second, third])];
    await Promise.all(readers.map((reader) => once(reader, 'response')));
    // Both are of one network, which counts twice, and the second ticket is followed by both.
    expect(audience.open).toEqual({ streams: 2, topics: 5 });
    readers[0]?.destroy();
    await expect.poll(() => audience.open).toEqual({ streams: 1, topics: 4 });
    readers[1]?.destroy();
    await expect.poll(() => audience.open).toEqual(NOBODY);
  });

  it('is one of a tenth of all that its network may have, whoever is signed in', async () => {
    const session = { userId: first, sessionId: second, expiresAt: '9999-01-01T00:00:00.000Z' };
    const { audience, listen } = await open(async () => session, true);
    const another = { write() {}, end() {}, mayGoOn: async () => true };
    const fill = (network: string, count: number) => {
      for (let n = 0; n < count; n++) audience.add({ ...another, topics: [topics.crowd(network)] });
    };
    const answer = async () => {
      const [response] = await once(listen([first]), 'response');
      response.destroy();
      return response.statusCode;
    };
    fill('192.0.2.1', 1000);
    fill('127.0.0.1', 999);
    expect(await answer()).toBe(200);
    await expect.poll(() => audience.open.streams).toBe(1999);
    fill('127.0.0.1', 1);
    expect(await answer()).toBe(429);
    fill('192.0.2.2', 8000);
    expect(await answer()).toBe(503);
  });

  it('is not counted when its reader leaves while the session is looked up', async () => {
    const isAsked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<null>();
    const { app, audience, listen } = await open(() => {
      isAsked.resolve();
      return answer.promise;
    });
    const left = new Promise<void>((resolve) => {
      app.server.once('connection', (socket) => socket.once('close', resolve));
    });
    const reader = listen([first]);
    await isAsked.promise;
    reader.destroy();
    await left;
    answer.resolve(null);
    await new Promise((resolve) => setImmediate(resolve));
    expect(audience.open).toEqual(NOBODY);
  });
});
