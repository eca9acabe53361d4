import type { AnyEvent } from '@fairseat/common/events';
import type { Backup, PublishedState } from '@fairseat/common/ports';
import { createTestClock } from '@fairseat/common/testing';
import { purgeStreams } from '@fairseat/test-support/namespaces';
import {
  ended,
  hearing,
  id,
  inOrder,
  numbers,
  servers,
  soon,
  thing,
  things,
  useNats,
  useScene,
} from '@fairseat/test-support/scene';
import { jetstream } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';

const scene = useScene();
const nats = useNats();
const MARKED_MS = 5000;

/** A replica of a service that keeps things, and what was asked of it. */
async function replica(clock = createTestClock()) {
  const platform = scene.open({ clock });
  const table = platform.table('auth', things);
  const heard = hearing(platform, 'auth');
  const taken: number[] = [];
  const backups: Backup[] = [];
  let wentBack = 0;
  platform.bus.onLoss('auth', async () => {});
  const state: PublishedState = {
    isLost: async ({ subject }) => (await table.get(subject)) === undefined,
    takeBack: async (events, backup) => {
      taken.push(...events.map(({ subject }) => Number.parseInt(subject, 16)));
      backups.push(backup);
    },
    streamWentBack: async () => {
      wentBack += 1;
    },
  };
  platform.bus.onRestore('auth', state);
  await platform.start();
  const marks = scene.database('auth').collection('published');
  const marked = async (seq: number) => {
    await expect
      .poll(async () => {
        clock.advance(MARKED_MS);
        return (await marks.findOne())?.['seq'];
      }, soon)
      .toBe(seq);
  };
  const publish = async (...which: number[]) => {
    for (const n of which) await table.insert(thing(n), [ended(n)]);
    await platform.settled();
  };
  return {
    ...{ platform, state, heard, taken, backups, marks, marked, publish },
    wentBack: () => wentBack,
  };
}

describe('a database', () => {
  it('that has all it has published is asked for nothing', async () => {
    const first = await replica();
    await first.publish(...numbers(3));
    await first.platform.close();
    expect((await replica()).taken).toEqual([]);
  });

  it('that went back takes back what follows its mark, and nothing else', async () => {
    const first = await replica();
    await first.publish(1, 2);
    await first.marked(2);
    await first.publish(3, 4);
    await first.platform.close();
    const records = scene.database('auth').collection<{ _id: string }>('things');
    await records.deleteMany({ _id: { $in: [id(1), id(4)] } });
    const mark = { $set: { seq: 2, eventId: id(2) } };
    await first.marks.updateOne({}, mark);
    expect((await replica()).taken).toEqual([4]);
  });

  it('that was lost takes back everything', async () => {
    const first = await replica();
    await first.publish(...numbers(120));
    await first.platform.close();
    await scene.database('auth').dropDatabase();
    expect((await replica()).taken.toSorted((a, b) => a - b)).toEqual(numbers(120));
  });
});

describe('a mark', () => {
  it('is made from one look at the stream, and one at how far its consumers are', async () => {
    const clock = createTestClock();
    const platform = scene.open({ clock });
    platform.bus.onRestore('auth', {
      ...{ isLost: async () => false, takeBack: async () => {}, streamWentBack: async () => {} },
    });
    await platform.start();
    const marks = scene.database('auth').collection('published');
    const marked = async () => (await marks.findOne())?.['seq'];
    await expect.poll(marked, soon).toBe(0);
    await platform.bus.publish(ended(1));
    let looks = 0;
    const asked = `$JS.API.STREAM.INFO.${scene.namespace}_auth`;
    const listening = nats.connection.subscribe(asked, { callback: () => void looks++ });
    await nats.connection.flush();
    clock.advance(MARKED_MS);
    await expect.poll(marked, soon).toBe(1);
    listening.unsubscribe();
    expect(looks).toBe(2);
  });
});

describe('a database that went back', () => {
  /** Two events before the backup, two after it, of which the last record is lost. */
  async function backed() {
    const first = await replica();
    await first.publish(1, 2);
    await first.marked(2);
    const backup = await first.marks.findOne();
    await first.publish(3, 4);
    await first.platform.close();
    await first.marks.replaceOne({}, backup ?? {});
    await scene
      .database('auth')
      .collection<{ _id: string }>('things')
      .deleteOne({ _id: id(4) });
  }

  it('receives again what came after its backup, and nothing else', async () => {
    await backed();
    const second = await replica();
    expect(second.backups).toEqual([{ since: expect.any(String), isCovered: true }]);
    await second.platform.settled();
    expect(inOrder(second.heard)).toEqual([3, 4]);
  });

  it('is taken back by one of the replicas that start, while the others wait', async () => {
    await backed();
    const both = await Promise.all([replica(), replica()]);
    expect(both.flatMap(({ taken }) => taken)).toEqual([4]);
    for (const { platform } of both) await platform.settled();
    expect(inOrder(both.flatMap(({ heard }) => heard))).toEqual([3, 4]);
  });

  it('receives all again when it was older than the stream', async () => {
    await backed();
    const change = { $set: { streamCreated: 'before' } };
    await scene.database('auth').collection('published').updateOne({}, change);
    const second = await replica();
    expect(second.backups).toEqual([{ since: expect.any(String), isCovered: false }]);
    await second.platform.settled();
    expect(inOrder(second.heard)).toEqual([1, 2, 3, 4]);
  });

  it('is noticed when the events since then are gone, and what they told of is not known', async () => {
    await backed();
    await purgeStreams(servers.natsUrl, scene.namespace);
    const second = await replica();
    expect([second.taken, second.backups]).toEqual([
      [],
      [{ since: expect.any(String), isCovered: false }],
    ]);
    // Not again at the next start.
    await second.marked(4);
    await second.platform.close();
    expect((await replica()).backups).toEqual([]);
  });

  it('takes back as it was published what a newer release has published', async () => {
    const platform = scene.open();
    await platform.start();
    const data = {
      ...{ id: id(1), title: 'Front row', price: 4990, userId: id(2), orderId: null },
      ...{ status: 'raffled', version: 1, createdAt: new Date(1).toISOString() },
    };
    const raffled = { ...ended(1), type: 'ticket.updated', source: 'tickets', data };
    await platform.table('tickets', things).insert(thing(1), [raffled as unknown as AnyEvent]);
    await platform.settled();
    const taken: unknown[] = [];
    await scene.open().bus.restored('tickets', {
      isLost: async () => true,
      takeBack: async (events) => void taken.push(...events.map((event) => event.data)),
      streamWentBack: async () => {},
    });
    expect(taken).toEqual([data]);
  });

  it('is declared beside a running service, which receives all again', async () => {
    const running = await replica();
    await running.publish(...numbers(5));
    await scene
      .database('auth')
      .collection<{ _id: string }>('things')
      .deleteOne({ _id: id(2) });
    const beside = scene.open();
    await beside.bus.restored('auth', running.state);
    expect([running.taken, running.backups]).toEqual([[2], [{ isCovered: false }]]);
    await expect
      .poll(() => inOrder(running.heard), soon)
      .toEqual(inOrder([...numbers(5), ...numbers(5)]));
  });
});

describe('a stream whose last message is no event of today', () => {
  it('did not go back', async () => {
    const { publish, marked, wentBack } = await replica();
    await publish(1);
    const unknown = JSON.stringify({ type: 'session.renewed' });
    await jetstream(nats.connection).publish(`${scene.namespace}.session.ended`, unknown);
    await marked(2);
    await publish(3);
    await marked(3);
    expect(wentBack()).toBe(0);
  });
});

describe('a stream that went back', () => {
  it.each([
    ['has not come so far yet', { seq: 9, eventId: id(9) }],
    ['has another event there by now', { eventId: id(9) }],
  ])('is noticed when it %s, once', async (_, mark) => {
    const before = await replica();
    await before.publish(1, 2);
    await before.marked(2);
    await before.platform.close();
    expect(before.wentBack()).toBe(0);
    await before.marks.updateOne({}, { $set: mark });
    const clock = createTestClock();
    const { publish, marked, wentBack } = await replica(clock);
    await expect
      .poll(() => {
        clock.advance(MARKED_MS);
        return wentBack();
      }, soon)
      .toBe(1);
    await publish(3);
    await marked(3);
    expect(wentBack()).toBe(1);
  });
});
