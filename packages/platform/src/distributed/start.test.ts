import { removeKeys } from '@fairseat/test-support/namespaces';
import { ended, hearing, servers, soon, things, useScene } from '@fairseat/test-support/scene';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import type { DistributedPlatform } from './index.ts';

const scene = useScene();

describe('Redis', () => {
  const HOUR_MS = 3_600_000;

  it('may lose everything: alarms that are set afterwards ring', async () => {
    const platform = scene.open();
    const timers = platform.timers('expiration');
    const rung: string[] = [];
    timers.onFire(async (key) => {
      rung.push(key);
    });
    await platform.start();
    await timers.set('lost', platform.clock.now() + HOUR_MS);
    await timers.set('first', platform.clock.now());
    await expect.poll(() => rung, soon).toEqual(['first']);
    await removeKeys(servers.redisUrl, scene.namespace);
    await timers.drop('lost');
    await timers.set('second', platform.clock.now() + 20);
    await expect.poll(() => rung, soon).toEqual(['first', 'second']);
  });

  it('may be away: limits are then counted by each process, alarms are Unavailable', async () => {
    const toRedis = await scene.linkTo(servers.redisUrl);
    const [near, far] = [scene.open(), scene.open({ redisUrl: toRedis.url })];
    const limits = [near, far].map((platform) =>
      platform.rateLimiter('sign-in', { count: 2, perSeconds: 60 }),
    );
    await Promise.all([near.start(), far.start()]);
    const count = async (n: number) => (await limits[n]?.count('key'))?.retryAfterSeconds;
    expect([await count(0), await count(1)]).toEqual([0, 0]);
    expect(await count(0)).toBeGreaterThan(0);
    expect(await count(1)).toBeGreaterThan(0);
    toRedis.cut();
    await expect.poll(() => count(1), soon).toBe(0);
    await expect(far.timers('expiration').set('a', 1)).rejects.toThrow('REDIS_URL');
    toRedis.mend();
    await expect.poll(() => count(1), soon).toBeGreaterThan(0);
  });
});

describe('an alarm', () => {
  const ringing = (platform: DistributedPlatform) => {
    const timers = platform.timers('expiration');
    const rung: string[] = [];
    timers.onFire(async (key) => {
      rung.push(key);
    });
    return { timers, rung };
  };

  it('that is moved forward rings at its new moment', async () => {
    const platform = scene.open();
    const { timers, rung } = ringing(platform);
    await platform.start();
    await timers.set('a', platform.clock.now() + 3_600_000);
    await timers.set('a', platform.clock.now() + 50);
    await expect.poll(() => rung, soon).toEqual(['a']);
  });

  it('set by a clock that is ahead does not ring early', async () => {
    const platform = scene.open();
    const ahead = { ...systemClock, now: () => systemClock.now() + 60_000 };
    const { timers, rung } = ringing(platform);
    await platform.start();
    await scene
      .open({ clock: ahead })
      .timers('expiration')
      .set('later', ahead.now() + 50);
    await timers.set('now', platform.clock.now() + 400);
    await expect.poll(() => rung, soon).toEqual(['now']);
  });

  it('that rang in a process which was killed rings in another', async () => {
    const [dying, other] = [scene.open(), scene.open()];
    const begun = Promise.withResolvers<void>();
    dying.timers('expiration').onFire(() => {
      begun.resolve();
      return new Promise(() => {});
    });
    await dying.start();
    await dying.timers('expiration').set('a', dying.clock.now());
    await begun.promise;
    await dying.crash();
    const { rung } = ringing(other);
    await other.start();
    await expect.poll(() => rung, soon).toEqual(['a']);
  });
});

describe('a start', () => {
  it.each([
    ['MONGODB_URL', { mongodbUrl: 'localhost:27017' }],
    ['NATS_URL', { natsUrl: 'http://127.0.0.1:4222' }],
    ['REDIS_URL', { redisUrl: '127.0.0.1:6379' }],
  ])('refuses a malformed %s at once, in one line', (setting, options) => {
    const line = new RegExp(`^${setting}: .*Expected .*$`);
    expect(() => scene.open(options)).toThrow(line);
  });

  it.each([
    ['MONGODB_URL', 'mongodbUrl'],
    ['NATS_URL', 'natsUrl'],
    ['REDIS_URL', 'redisUrl'],
  ] as const)('waits for %s and says so', async (setting, option) => {
    const link = await scene.linkTo(servers[option]);
    link.cut();
    const lines: string[] = [];
    const platform = scene.open({ [option]: link.url, onWaiting: (line) => lines.push(line) });
    const heard = hearing(platform, 'a');
    platform.table('auth', things);
    platform.timers('expiration');
    const started = platform.start();
    await expect.poll(() => lines, soon).not.toEqual([]);
    expect(lines.join('\n')).toMatch(
      new RegExp(`^${setting}: \\S+://127.0.0.1:.* does not answer.*Trying again`, 'm'),
    );
    link.mend();
    await started;
    await platform.bus.publish(ended(1));
    await expect.poll(() => heard, soon).toEqual([1]);
  });

  it('refuses a wrong password of Redis', async () => {
    const url = new URL(servers.redisUrl);
    url.username = 'nobody';
    url.password = 'wrong';
    const platform = scene.open({ redisUrl: url.href });
    platform.timers('expiration');
    await expect(platform.start()).rejects.toThrow(
      /^REDIS_URL: redis:\/\/…@.* refuses this user or password/,
    );
  });

  it('has nothing to do with Redis where nobody has alarms or limits', async () => {
    const platform = scene.open({ redisUrl: 'redis://127.0.0.1:1' });
    const heard = hearing(platform, 'a');
    await platform.start();
    await platform.bus.publish(ended(1));
    await expect.poll(() => heard, soon).toEqual([1]);
  });

  it.each([
    ['alarms', (platform: DistributedPlatform) => platform.timers('expiration')],
    [
      'limits',
      (platform: DistributedPlatform) => platform.rateLimiter('a', { count: 1, perSeconds: 1 }),
    ],
  ])('refuses %s without REDIS_URL', (_, use) => {
    const platform = scene.open({ redisUrl: undefined });
    expect(() => use(platform)).toThrow(/^REDIS_URL is not set/);
  });

  it('says why Redis does not answer', async () => {
    const link = await scene.linkTo(servers.redisUrl);
    link.cut();
    const { url } = link;
    const waiting = new Promise<string>((resolve) => {
      const platform = scene.open({ redisUrl: url, onWaiting: resolve });
      platform.timers('expiration');
      void platform.start().catch(() => {});
    });
    expect(await waiting).toMatch(/^REDIS_URL: \S+ does not answer: .*(ECONN|EPIPE|closed)/);
  });

  it('refuses more copies of a stream than there are servers', async () => {
    await expect(scene.open({ natsReplicas: 5 }).start()).rejects.toThrow(/^NATS_REPLICAS=5: /);
  });
});
