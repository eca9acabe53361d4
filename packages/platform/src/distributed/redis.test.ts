import { type OwnRedis, RedisServers } from '@fairseat/test-support/own-server';
import { servers, soon, useScene } from '@fairseat/test-support/scene';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DistributedPlatform } from './index.ts';

const scene = useScene();
let redis: RedisServers;

beforeEach(() => {
  redis = new RedisServers();
});
afterEach(() => redis.end());

/** Opens a platform whose alarms are heard, and waits for the first. */
async function ringing(redisUrl: string) {
  const platform = scene.open({ redisUrl });
  const timers = platform.timers('expiration');
  const rung: string[] = [];
  timers.onFire(async (key) => {
    rung.push(key);
  });
  await platform.start();
  await timers.set('first', platform.clock.now());
  await expect.poll(() => rung, soon).toEqual(['first']);
  const isSet = (key: string, at = platform.clock.now()) =>
    timers.set(key, at).then(
      () => true,
      () => false,
    );
  return { platform, rung, isSet };
}

/** `WAIT` waits for what was written on its own connection, and so for all that came before. */
async function replicated({ redis }: OwnRedis) {
  await redis.set('written', 'last');
  await redis.wait(1, 0);
}

const limitOf = (platform: DistributedPlatform) => {
  const limiter = platform.rateLimiter('sign-in', { count: 2, perSeconds: 60 });
  return async () => (await limiter.count('key')).retryAfterSeconds;
};

describe('Redis that has failed over', { timeout: 60_000 }, () => {
  it('is found by its Sentinels, with all alarms', async () => {
    const master = await redis.start();
    const replica = await redis.startReplica(master);
    const { sentinelUrl } = await redis.startSentinel(master);
    const { platform, rung, isSet } = await ringing(sentinelUrl);
    expect(await isSet('before', platform.clock.now() + 4000)).toBe(true);
    await replicated(master);
    await master.end('SIGKILL');
    await expect.poll(() => isSet('after'), soon).toBe(true);
    expect(await replica.redis.role()).toContain('master');
    await expect.poll(() => rung, soon).toEqual(['first', 'after', 'before']);
  });

  it.each([
    [
      'refuses writes',
      ({ redis }: OwnRedis, { port }: OwnRedis) => redis.replicaof('127.0.0.1', port),
    ],
    ['says nothing', (master: OwnRedis) => master.freeze()],
  ])('is found at its address, where the server that was master %s', async (_, demote) => {
    const master = await redis.start();
    const replica = await redis.startReplica(master);
    const link = await scene.linkTo(master.url);
    const { platform, rung, isSet } = await ringing(link.url);
    const count = limitOf(platform);
    expect(await count()).toBe(0);
    await replicated(master);
    await replica.redis.replicaof('NO', 'ONE');
    await demote(master, replica);
    link.lead(replica.url);
    await expect.poll(() => isSet('after'), soon).toBe(true);
    await expect.poll(() => rung, soon).toEqual(['first', 'after']);
    await expect.poll(count, soon).toBeGreaterThan(0);
    expect(await replica.redis.get(`${scene.namespace}:limit:sign-in:key`)).not.toBe(null);
  });
});

describe('a cluster of Redis', { timeout: 60_000 }, () => {
  it('keeps alarms and limits for all processes', async () => {
    const url = await redis.startCluster();
    const { platform, rung, isSet } = await ringing(url);
    const other = scene.open({ redisUrl: url });
    const [here, there] = [limitOf(platform), limitOf(other)];
    await other.start();
    expect([await here(), await there()]).toEqual([0, 0]);
    expect(await here()).toBeGreaterThan(0);
    expect(await isSet('later', platform.clock.now() + 3_600_000)).toBe(true);
    expect(await isSet('later', platform.clock.now() + 50)).toBe(true);
    await other.timers('expiration').set('of another', platform.clock.now());
    await expect.poll(() => rung.toSorted(), soon).toEqual(['first', 'later', 'of another']);
  });
});

describe('one Redis', () => {
  it('keeps the names of its keys, without the braces of a cluster', async () => {
    const { isSet } = await ringing(servers.redisUrl);
    await isSet('later', Date.now() + 3_600_000);
    const client = new Redis(servers.redisUrl);
    const keys = await client.keys(`${scene.namespace}:expiration-timers:*`);
    client.disconnect();
    expect(keys).toContain(`${scene.namespace}:expiration-timers:alarm-later`);
  });
});
