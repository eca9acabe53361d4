import { removeStreams } from '@fairseat/test-support/namespaces';
import {
  ended,
  hearing,
  id,
  inOrder,
  numbers,
  publishAll,
  servers,
  soon,
  thing,
  things,
  useScene,
} from '@fairseat/test-support/scene';
import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { pause, systemClock } from '../clock.ts';
import type { DistributedPlatform } from './index.ts';

const scene = useScene();

describe('a consumer', () => {
  it('waits while the database is away, and counts nothing as failed', async () => {
    const toMongo = await scene.linkTo(servers.mongodbUrl);
    const platform = scene.open({ mongodbUrl: toMongo.url, maxFailures: 2 });
    const table = platform.table('auth', things);
    const tries = new Map<string, number>();
    platform.bus.consume('a', {
      'session.ended': async ({ subject }) => {
        tries.set(subject, (tries.get(subject) ?? 0) + 1);
        await table.keepNewest({ ...thing(1), id: subject, label: subject });
      },
    });
    await platform.start();
    await platform.bus.publish(ended(1));
    await platform.settled();
    toMongo.cut();
    const speaker = scene.open();
    await publishAll(speaker, 20);
    await expect.poll(() => [...tries.values()].some((count) => count > 2), soon).toBe(true);
    toMongo.mend();
    await platform.settled();
    expect(tries.size).toBe(20);
    expect(await platform.bus.deadLetters()).toEqual([]);
  });

  it('goes on after the connection to NATS was lost', async () => {
    const toNats = await scene.linkTo(servers.natsUrl);
    const platform = scene.open({ natsUrl: toNats.url });
    const heard = hearing(platform, 'a');
    await platform.start();
    await platform.bus.publish(ended(1));
    await expect.poll(() => heard, soon).toEqual([1]);
    toNats.cut();
    await expect(platform.bus.publish(ended(2))).rejects.toThrow('NATS_URL');
    await publishAll(scene.open(), 5);
    toNats.mend();
    await expect.poll(() => new Set(heard), soon).toEqual(new Set(numbers(5)));
  });

  it('goes on even if the server cannot tell of it just then', async () => {
    const toNats = await scene.linkTo(servers.natsUrl);
    const platform = scene.open({ natsUrl: toNats.url });
    const heard = hearing(platform, 'a');
    await platform.start();
    await platform.bus.publish(ended(1));
    await expect.poll(() => heard, soon).toEqual([1]);
    toNats.cut();
    toNats.mend();
    toNats.loseAnswers(/consumer_info_response/);
    await publishAll(scene.open(), 5);
    await expect.poll(() => new Set(heard), soon).toEqual(new Set(numbers(5)));
  });

  it('gives up what is no event at all, and says why', async () => {
    const platform = scene.open({ maxFailures: 3 });
    const heard = hearing(platform, 'a');
    await platform.start();
    const connection = await connect({ servers: servers.natsUrl });
    connection.publish(`${scene.namespace}.session.ended`, 'no JSON');
    connection.publish(`${scene.namespace}.session.ended`, '{"type":"session.ended","data":7}');
    await connection.drain();
    await platform.bus.publish(ended(1));
    await platform.settled();
    expect(heard).toEqual([1]);
    const dead = (await platform.bus.deadLetters()).map(({ event, reason }) => [reason, event]);
    expect(dead.toSorted()).toEqual([
      [expect.stringContaining('InvalidEvent: session.ended'), { type: 'session.ended', data: 7 }],
      [expect.stringContaining('SyntaxError'), 'no JSON'],
    ]);
    expect(scene.errors.filter((line) => line.startsWith('dead letter for a'))).toHaveLength(2);
  });

  it('reads a value that a newer release added to an enum as other', async () => {
    const platform = scene.open({ maxFailures: 1 });
    const reasons: string[] = [];
    platform.bus.consume('a', {
      'order.cancelled': async ({ data }) => {
        reasons.push(data.reason);
      },
    });
    await platform.start();
    const time = new Date(0).toISOString();
    const data = {
      id: id(1),
      userId: id(2),
      ticketId: id(3),
      status: 'cancelled',
      reason: 'seat_broken',
      expiresAt: time,
      ticket: { title: 'Front row', price: 4990 },
      version: 3,
      createdAt: time,
    };
    const event = { ...ended(1), source: 'orders', type: 'order.cancelled', data };
    const connection = await connect({ servers: servers.natsUrl });
    connection.publish(`${scene.namespace}.order.cancelled`, JSON.stringify(event));
    await connection.drain();
    await expect.poll(() => reasons, soon).toEqual(['other']);
    await platform.settled();
    expect(await platform.bus.deadLetters()).toEqual([]);
  });

  it('shares the work with the other replicas, each event going to one of them', async () => {
    const [one, two] = [scene.open(), scene.open()];
    const heard = [hearing(one, 'a'), hearing(two, 'a')];
    await Promise.all([one.start(), two.start()]);
    await publishAll(one, 600);
    await one.settled();
    expect(inOrder(heard.flat())).toEqual(numbers(600));
    expect(Math.min(...heard.map(({ length }) => length))).toBeGreaterThan(0);
  });

  it('leaves what a killed replica had in hand to another', async () => {
    const [dying, other] = [scene.open(), scene.open()];
    const stuck = Promise.withResolvers<void>();
    dying.bus.consume('a', {
      'session.ended': () => {
        stuck.resolve();
        return new Promise(() => {});
      },
    });
    await dying.start();
    await dying.bus.publish(ended(1));
    await stuck.promise;
    const heard = hearing(other, 'a');
    await other.start();
    await dying.crash();
    await expect.poll(() => heard, soon).toEqual([1]);
  });

  it('keeps what takes long to itself', async () => {
    const [one, two] = [scene.open({ ackWaitMs: 1000 }), scene.open({ ackWaitMs: 1000 })];
    const release = Promise.withResolvers<void>();
    let begun = 0;
    for (const platform of [one, two]) {
      platform.bus.consume('a', {
        'session.ended': ({ subject }) => {
          if (subject !== id(1)) return Promise.resolve();
          begun += 1;
          return release.promise;
        },
      });
      await platform.start();
    }
    await one.bus.publish(ended(1));
    await pause(one.clock, 3000);
    release.resolve();
    await one.settled();
    expect(begun).toBe(1);
  });

  it('takes a backlog in pieces', async () => {
    const platform = scene.open();
    await publishAll(platform, 2000);
    let [underway, most, done] = [0, 0, 0];
    platform.bus.consume('a', {
      'session.ended': async () => {
        most = Math.max(most, ++underway);
        await pause(platform.clock, 1);
        underway -= 1;
        done += 1;
      },
    });
    await platform.start();
    await expect.poll(() => done, soon).toBe(2000);
    expect(most).toBeLessThanOrEqual(128);
  });
});

describe('a watcher', () => {
  it('hears every event, in every process', async () => {
    const platforms = [scene.open(), scene.open()];
    const seen = platforms.map((platform) => {
      const subjects: string[] = [];
      platform.bus.watch(({ subject }) => subjects.push(subject));
      return subjects;
    });
    await Promise.all(platforms.map((platform) => platform.start()));
    await publishAll(scene.open(), 3);
    const all = numbers(3).map(id);
    await expect.poll(() => seen.map((subjects) => subjects.toSorted()), soon).toEqual([all, all]);
  });
});

describe('a watcher whose connection was cut', () => {
  it('is told that it may have missed something, and hears on', async () => {
    const link = await scene.linkTo(servers.natsUrl);
    const platform = scene.open({ natsUrl: link.url });
    const subjects: string[] = [];
    let gaps = 0;
    platform.bus.watch(
      ({ subject }) => subjects.push(subject),
      () => gaps++,
    );
    await platform.start();
    expect(gaps).toBe(0);
    link.cut();
    await publishAll(scene.open(), 1);
    link.mend();
    await expect.poll(() => gaps, soon).toBe(1);
    await scene.open().bus.publish(ended(2));
    await expect.poll(() => subjects, soon).toEqual([id(2)]);
  });
});

describe('a stream that was lost', () => {
  /** A service that stores things, and says each again after a loss. */
  const keeping = (platform: DistributedPlatform) => {
    const table = platform.table('auth', things);
    let next = 1000;
    platform.bus.onLoss('auth', async () => {
      for (const current of (await table.find({ limit: 100 })).records) {
        const said = { ...ended(Number.parseInt(current.id, 16)), id: id(next++) };
        await table.replace(current, { ...current, version: current.version + 1 }, [said]);
      }
    });
    return table;
  };
  const markedFor = async (platform: DistributedPlatform) => {
    // Its marker is saved once it has published everything on the present stream.
    await expect.poll(() => platform.settled().then(() => scene.saidAll('auth')), soon).toBe(true);
  };

  it('is made again, with the state of every record on it', async () => {
    const platform = scene.open();
    const heard = hearing(platform, 'a');
    const table = keeping(platform);
    await platform.start();
    await markedFor(platform);
    for (const n of numbers(5)) await table.insert(thing(n), [ended(n)]);
    await expect.poll(() => inOrder(heard), soon).toEqual(numbers(5));
    await removeStreams(servers.natsUrl, scene.namespace);
    const late = scene.open();
    const heardLate = hearing(late, 'late');
    await late.start();
    await expect.poll(() => inOrder(heardLate), soon).toEqual(numbers(5));
    expect(scene.errors.join()).toContain('NATS has lost what auth said');
    await expect.poll(() => inOrder(heard), soon).toEqual(inOrder([...numbers(5), ...numbers(5)]));
  });

  it('is noticed as soon as a lost connection is back', async () => {
    const toNats = await scene.linkTo(servers.natsUrl);
    // Long timers never fire, so that only the reconnect can reveal the loss.
    const after = (delayMs: number, callback: () => void) =>
      delayMs < 2500 ? systemClock.after(delayMs, callback) : () => {};
    const platform = scene.open({ natsUrl: toNats.url, clock: { ...systemClock, after } });
    const heard = hearing(platform, 'a');
    const table = keeping(platform);
    await platform.start();
    await markedFor(platform);
    for (const n of numbers(5)) await table.insert(thing(n), [ended(n)]);
    await expect.poll(() => inOrder(heard), soon).toEqual(numbers(5));
    toNats.cut();
    await removeStreams(servers.natsUrl, scene.namespace);
    toNats.mend();
    await expect.poll(() => inOrder(heard), soon).toEqual(inOrder([...numbers(5), ...numbers(5)]));
  });

  it('is noticed at a start too, and said again by one replica only', async () => {
    const before = scene.open();
    const table = keeping(before);
    await before.start();
    await markedFor(before);
    for (const n of numbers(5)) await table.insert(thing(n), [ended(n)]);
    await before.settled();
    await before.close();
    await removeStreams(servers.natsUrl, scene.namespace);

    const replicas = [scene.open(), scene.open(), scene.open()];
    const heard = hearing(replicas[0] as DistributedPlatform, 'a');
    for (const replica of replicas) keeping(replica);
    await Promise.all(replicas.map((replica) => replica.start()));
    await expect.poll(() => inOrder(heard), soon).toEqual(numbers(5));
    await markedFor(replicas[0] as DistributedPlatform);
    const saved = (await scene.open().table('auth', things).find({ limit: 9 })).records;
    expect(saved.map(({ version }) => version)).toEqual([2, 2, 2, 2, 2]);
  });
});
