import { createTestClock } from '@fairseat/common/testing';
import { ended, id, numbers, soon, thing, things, useScene } from '@fairseat/test-support/scene';
import { describe, expect, it } from 'vitest';

const scene = useScene();
const MARKED_MS = 5000;

/** A replica of a service that keeps things, and what was asked of it. */
async function replica(clock = createTestClock()) {
  const platform = scene.open({ clock });
  const table = platform.table('auth', things);
  const taken: number[] = [];
  let wentBack = 0;
  platform.bus.onLoss('auth', async () => {});
  platform.bus.onRestore('auth', {
    isLost: async ({ subject }) => (await table.get(subject)) === undefined,
    takeBack: async (events) => {
      taken.push(...events.map(({ subject }) => Number.parseInt(subject, 16)));
    },
    streamWentBack: async () => {
      wentBack += 1;
    },
  });
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
  return { platform, taken, marks, marked, publish, wentBack: () => wentBack };
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
