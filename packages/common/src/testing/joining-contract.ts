/** The part of the contract suite of `Bus` about groups and handlers that come later. */
import { describe, expect, it } from 'vitest';
import { collector, type Harness, type OpenHarness, onPlatform } from './harness.ts';
import {
  type Counter,
  consume,
  counters,
  elapsedEvent,
  id,
  numbered,
  numberedEvents,
} from './numbered-events.ts';

export function joiningContract(kind: string, openHarness: OpenHarness) {
  const test = (name: string, run: (harness: Harness) => Promise<void>) =>
    it(name, () => onPlatform(openHarness, run));

  describe(`a group or handler that joins the bus of the ${kind} platform`, () => {
    test('has all said again for a group that was added, or was away, after events were forgotten', async (harness) => {
      let asked = 0;
      const open = async (...groups: string[]) => {
        const platform = await harness.open();
        const table = platform.table('auth', counters);
        const event = numberedEvents(platform, harness);
        const said = (record: Counter) => event(Number.parseInt(record.id, 16));
        platform.bus.onLoss('auth', async () => {
          asked += 1;
          for (const current of await table.walk('', 10)) {
            const next = { ...current, version: current.version + 1 };
            await table.replace(current, next, [said(current)]);
          }
        });
        const heard = groups.map((group) => {
          const subjects = new Set<string>();
          consume(platform, group, async ({ subject }) => {
            subjects.add(subject);
          });
          return subjects;
        });
        await platform.start();
        return { platform, table, said, heard };
      };
      const all = [id(1), id(2), id(3)];
      const first = await open('a');
      for (const each of [1, 2, 3].map(numbered)) {
        await first.table.insert(each, [first.said(each)]);
      }
      await expect.poll(() => first.heard[0]?.size).toBe(3);
      expect(asked).toBe(0);
      await expect.poll(() => first.platform.bus.backlog()).toMatchObject([{ events: 0 }]);
      await harness.outliveEvents();
      await first.platform.close();

      const second = await open('a', 'added');
      await expect.poll(() => [...(second.heard[1] ?? [])].toSorted()).toEqual(all);
      await expect.poll(() => second.platform.bus.backlog()).toMatchObject([{ events: 0 }, {}]);
      await second.platform.close();
      const before = asked;
      expect(before).toBeLessThan(2);

      const third = await open('a', 'added');
      await third.platform.bus.publish(third.said(numbered(4)));
      await expect.poll(() => [...(third.heard[1] ?? [])]).toContain(id(4));
      expect(asked).toBe(before);
      await third.platform.close();
    });

    test('brings a handler that joins a group whatever is published from then on', async (harness) => {
      const before = await harness.open();
      const first = collector<string>(1);
      consume(before, 'a', async ({ subject }) => first.add(subject));
      await before.start();
      await before.bus.publish(numberedEvents(before, harness)(1));
      await before.bus.publish(elapsedEvent(before, harness, 1));
      await first.all;
      await expect.poll(() => before.bus.backlog()).toEqual([{ group: 'a', events: 0, dead: 0 }]);
      await before.close();

      const after = await harness.open();
      const [ended, elapsed] = [collector<string>(1), new Set<string>()];
      after.bus.consume('a', {
        'session.ended': async ({ subject }) => ended.add(subject),
        // Those of before may come or not.
        'expiration.elapsed': async ({ subject }) => void elapsed.add(subject),
      });
      await after.start();
      await after.bus.publish(numberedEvents(after, harness)(2));
      await after.bus.publish(elapsedEvent(after, harness, 2));
      expect(await ended.all).toEqual([id(2)]);
      await expect.poll(() => elapsed).toContain(id(2));
      await after.close();
    });
  });
}
