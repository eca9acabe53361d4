/** The stream of all events over a NATS that loses one, and with NATS alone. */
import { sessionEvents } from '@fairseat/common/contracts/session';
import { CursorGone } from '@fairseat/common/errors';
import type { AnyEvent } from '@fairseat/common/events';
import { createEventFactory } from '@fairseat/common/kit';
import { newNamespace, removeNamespace } from '@fairseat/test-support/namespaces';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { type DistributedPlatform, openDistributed } from './index.ts';

const servers = inject('servers');
const namespace = newNamespace();
const auth = { name: 'auth', publishes: sessionEvents };
let platforms: DistributedPlatform[] = [];
afterEach(async () => {
  for (const platform of platforms) await platform.crash();
  platforms = [];
  await removeNamespace(servers, namespace);
});
const open = (options: object) => {
  const platform = openDistributed({ ...servers, namespace, ...options });
  platforms.push(platform);
  return platform;
};
/** One that publishes as auth does. */
async function publisher() {
  const platform = open({ owns: ['auth'] });
  await platform.start();
  const newEvent = createEventFactory(auth, systemClock, platform.newId);
  return async () => {
    const id = platform.newId();
    const data = { sessionId: id, expiresAt: new Date(0).toISOString() };
    await platform.bus.publish(newEvent('session.ended', { id, version: 1 }, data));
    return id;
  };
}

describe('the stream of all events', () => {
  it('is read with NATS alone', async () => {
    const say = await publisher();
    const listener = open({ mongodbUrl: undefined, redisUrl: undefined });
    const log = listener.eventLog();
    await listener.start();
    const id = await say();
    const { oldest } = await log.ends();
    await expect
      .poll(async () => (await log.read(oldest, 9)).map(({ event }) => (event as AnyEvent).subject))
      .toEqual([id]);
    await listener.close();
  });

  it('begins anew where a service’s stream was lost, and says so to whoever was in it', async () => {
    const say = await publisher();
    const listener = open({ mongodbUrl: undefined });
    const log = listener.eventLog();
    await listener.start();
    for (let n = 0; n < 3; n++) await say();
    const { oldest } = await log.ends();
    await expect.poll(() => log.read(oldest, 9)).toHaveLength(3);
    const [{ cursor = '' } = {}] = await log.read(oldest, 1);

    const connection = await connect({ servers: servers.natsUrl });
    const { streams } = await jetstreamManager(connection);
    await streams.delete(`${namespace}_auth`);
    await connection.close();
    const again = await publisher();
    const id = await again();
    await expect
      .poll(() => log.read(cursor, 9).catch((error: unknown) => error))
      .toBeInstanceOf(CursorGone);
    const begun = await log.ends();
    await expect
      .poll(async () =>
        (await log.read(begun.oldest, 9)).map(({ event }) => (event as AnyEvent).subject),
      )
      .toEqual([id]);
  });

  it('has one order for two who make it at once', async () => {
    const say = await publisher();
    const logs = [open({}), open({})].map((platform) => platform.eventLog());
    await Promise.all(platforms.slice(1).map((platform) => platform.start()));
    for (let n = 0; n < 5; n++) await say();
    const read = async (log = logs[0]) => log?.read((await log.ends()).oldest, 9);
    await expect.poll(() => read()).toHaveLength(5);
    expect(await read(logs[1])).toEqual(await read());
  });
});
