/** The contract suite of `Bus`. */
import { describe, expect, it } from 'vitest';
import { currentStory } from '../context.ts';
import { NotYet } from '../errors.ts';
import type { AnyEvent } from '../events.ts';
import { collector, type Harness, type OpenHarness, onPlatform } from './harness.ts';
import { joiningContract } from './joining-contract.ts';
import { consume, counters, id, numberedEvents } from './numbered-events.ts';

export function busContract(kind: string, openHarness: OpenHarness) {
  const test = (name: string, run: (harness: Harness) => Promise<void>) =>
    it(name, () => onPlatform(openHarness, run));

  joiningContract(kind, openHarness);

  describe(`the bus of the ${kind} platform`, () => {
    test('brings every event to every group', async (harness) => {
      const platform = await harness.open();
      const [a, b] = [collector<string>(500), collector<string>(500)];
      consume(platform, 'a', async ({ subject }) => a.add(subject));
      consume(platform, 'b', async ({ subject }) => b.add(subject));
      await platform.start();
      const event = numberedEvents(platform, harness);
      // Not all at once: where each is synced to a disk, the last would be acknowledged too late.
      for (let from = 0; from < 500; from += 50) {
        const some = Array.from({ length: 50 }, (_, n) => event(from + n));
        await Promise.all(some.map((each) => platform.bus.publish(each)));
      }
      const all = Array.from({ length: 500 }, (_, n) => id(n));
      expect((await a.all).toSorted()).toEqual(all);
      expect((await b.all).toSorted()).toEqual(all);
      await platform.close();
    });

    test('carries the whole envelope, and its story into the handler', async (harness) => {
      const platform = await harness.open();
      const received = collector<[AnyEvent, string | undefined]>(1);
      consume(platform, 'a', async (event) => received.add([event, currentStory()?.correlationId]));
      await platform.start();
      const sent = numberedEvents(platform, harness)(1);
      await platform.bus.publish(sent);
      expect(await received.all).toEqual([[sent, sent.correlationid]]);
      await platform.close();
    });

    test('refuses an event that does not fit its schema', async (harness) => {
      const platform = await harness.open();
      const event = { ...numberedEvents(platform, harness)(1), data: { sessionId: 7 } };
      await expect(async () => platform.bus.publish(event as never)).rejects.toThrow(
        'session.ended',
      );
      await platform.close();
    });

    test('brings what was said before the group existed', async (harness) => {
      const first = await harness.open();
      await first.bus.publish(numberedEvents(first, harness)(1));
      await first.close();
      const platform = await harness.open();
      const received = collector<string>(1);
      consume(platform, 'late', async ({ subject }) => received.add(subject));
      await platform.start();
      expect(await received.all).toEqual([id(1)]);
      await platform.close();
    });

    test('brings what was not handled again after a crash, and goes on behind what was', async (harness) => {
      const platform = await harness.open();
      const table = platform.table('auth', counters);
      const event = numberedEvents(platform, harness);
      const stuck = collector<string>(1);
      const done = collector<string>(1);
      consume(platform, 'a', async ({ subject, time }) => {
        if (subject === id(1)) {
          await table.insert({ id: subject, version: 1, createdAt: time });
          done.add(subject);
          return;
        }
        stuck.add(subject);
        await new Promise(() => {});
      });
      await platform.start();
      await platform.bus.publish(event(1));
      await done.all;
      await platform.bus.publish(event(2));
      await stuck.all;
      await platform.bus.publish(event(3));
      await harness.crash(platform);

      const again = await harness.open();
      const redelivered = collector<string>(2);
      consume(again, 'a', async ({ subject }) => redelivered.add(subject));
      await again.start();
      expect((await redelivered.all).toSorted()).toEqual([id(2), id(3)]);
      expect(await again.table('auth', counters).get(id(1))).toBeDefined();
      await again.close();
    });

    test('holds up no other event behind one that fails, and brings that one again', async (harness) => {
      const platform = await harness.open();
      const attempts = collector<number>(3);
      const others = collector<string>(20);
      consume(platform, 'a', async ({ subject }, { attempt }) => {
        if (subject !== id(0)) return others.add(subject);
        attempts.add(attempt);
        if (attempt < 3) throw new Error('not this time');
      });
      await platform.start();
      const event = numberedEvents(platform, harness);
      for (let n = 0; n <= 20; n++) await platform.bus.publish(event(n));
      expect(await others.all).toHaveLength(20);
      expect(await attempts.all).toEqual([1, 2, 3]);
      expect(await platform.bus.deadLetters()).toEqual([]);
      await platform.close();
    });

    test('stores an event that keeps failing as a dead letter with its reason', async (harness) => {
      const platform = await harness.open();
      const poison = numberedEvents(platform, harness)(1);
      const healthy = collector<string>(1);
      consume(platform, 'a', async ({ subject }) => {
        if (subject === id(1)) throw new Error('always');
        healthy.add(subject);
      });
      await platform.start();
      await platform.bus.publish(poison);
      await expect
        .poll(() => platform.bus.deadLetters())
        .toMatchObject([{ group: 'a', event: poison, reason: expect.stringContaining('always') }]);
      await platform.bus.publish(numberedEvents(platform, harness)(2));
      expect(await healthy.all).toEqual([id(2)]);
      await expect.poll(() => platform.bus.backlog()).toEqual([{ group: 'a', events: 0, dead: 1 }]);
      await platform.close();
    });

    test('brings what a handler put off again soon, and never counts it as failed', async (harness) => {
      const platform = await harness.open();
      const attempts = collector<number>(30);
      consume(platform, 'a', async (_, { attempt }) => {
        attempts.add(attempt);
        if (attempt < 30) throw new NotYet('wait');
      });
      await platform.start();
      await platform.bus.publish(numberedEvents(platform, harness)(1));
      expect(await attempts.all).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
      expect(await platform.bus.deadLetters()).toEqual([]);
      await platform.close();
    });

    test('remembers what was put off across a restart', async (harness) => {
      const platform = await harness.open();
      const tried = collector<number>(1);
      consume(platform, 'a', async (_, { attempt }) => {
        tried.add(attempt);
        throw new NotYet('wait');
      });
      await platform.start();
      await platform.bus.publish(numberedEvents(platform, harness)(1));
      await tried.all;
      await platform.close();
      const again = await harness.open();
      const received = collector<string>(1);
      consume(again, 'a', async ({ subject }) => received.add(subject));
      await again.start();
      expect(await received.all).toEqual([id(1)]);
      await again.close();
    });

    test('loses no handler write to another that came between', async (harness) => {
      const platform = await harness.open();
      const table = platform.table('auth', counters);
      const record = { id: id(7), version: 1, createdAt: new Date(0).toISOString() };
      await table.insert(record);
      const handled = collector<number>(50);
      consume(platform, 'a', async ({ subject }) => {
        const current = await table.get(id(7));
        if (!current) throw new Error('gone');
        await table.replace(current, { ...current, version: current.version + 1 });
        handled.add(Number.parseInt(subject, 16));
      });
      await platform.start();
      const event = numberedEvents(platform, harness);
      await Promise.all(Array.from({ length: 50 }, (_, n) => platform.bus.publish(event(n))));
      await expect
        .poll(async () => (await table.get(id(7)))?.version)
        // An event may be delivered twice.
        .toBeGreaterThanOrEqual(51);
      await platform.close();
    });

    test('shows every event from now on to every watcher', async (harness) => {
      const platform = await harness.open();
      const event = numberedEvents(platform, harness);
      await platform.start();
      await platform.bus.publish(event(1));
      const [a, b] = [collector<string>(2), collector<string>(3)];
      const stop = platform.bus.watch(({ subject }) => a.add(subject));
      platform.bus.watch(({ subject }) => b.add(subject));
      await platform.bus.publish(event(2));
      await platform.bus.publish(event(3));
      // The order is not promised.
      expect((await a.all).toSorted()).toEqual([id(2), id(3)]);
      stop();
      await platform.bus.publish(event(4));
      expect((await b.all).toSorted()).toEqual([id(2), id(3), id(4)]);
      expect(a.items).toHaveLength(2);
      await platform.close();
    });
  });
}
