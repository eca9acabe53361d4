/** The contract suites of `EventLog` and `Registry`. */
import { describe, expect, it } from 'vitest';
import { CursorGone, VersionConflict } from '../errors.ts';
import type { AnyEvent } from '../events.ts';
import type { EventLog, LoggedEvent, Platform } from '../ports/index.ts';
import { type Harness, type OpenHarness, onPlatform } from './harness.ts';
import { elapsedEvent, id, numberedEvents } from './numbered-events.ts';

const subjects = (read: LoggedEvent[]) => read.map(({ event }) => (event as AnyEvent).subject);

/** Reads page after page until so many events have come. */
async function readUntil(log: EventLog, after: string, count: number): Promise<LoggedEvent[]> {
  const all: LoggedEvent[] = [];
  await expect
    .poll(async () => {
      all.push(...(await log.read(all.at(-1)?.cursor ?? after, 7)));
      return all.length;
    })
    .toBe(count);
  return all;
}

const goneFrom = (log: EventLog, cursor: string) =>
  log.read(cursor, 1).catch((error: unknown) => error);

export function eventLogContract(kind: string, openHarness: OpenHarness) {
  const test = (name: string, run: (harness: Harness) => Promise<void>) =>
    it(name, () => onPlatform(openHarness, run));

  /** A platform whose log some events are in. */
  const begin = async (harness: Harness, count: number): Promise<[Platform, EventLog]> => {
    const platform = await harness.open();
    const log = platform.eventLog();
    await platform.start();
    const event = numberedEvents(platform, harness);
    for (let n = 0; n < count; n++) await platform.bus.publish(event(n));
    return [platform, log];
  };

  describe(`the event log of the ${kind} platform`, () => {
    test('has the events of all services in one order, whoever reads and in whatever pages', async (harness) => {
      const [platform, log] = await begin(harness, 0);
      const { oldest } = await log.ends();
      const event = numberedEvents(platform, harness);
      for (let n = 0; n < 20; n++) {
        await platform.bus.publish(n % 3 === 0 ? elapsedEvent(platform, harness, n) : event(n));
      }
      const all = await readUntil(log, oldest, 20);
      const of = (type: string) =>
        all.filter(({ event: each }) => (each as AnyEvent).type === type);
      expect(subjects(of('expiration.elapsed'))).toEqual([0, 3, 6, 9, 12, 15, 18].map(id));
      expect(subjects(of('session.ended'))).toEqual(
        [1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19].map(id),
      );
      expect(await log.read(oldest, 100)).toEqual(all);
      expect(await log.read(all[4]?.cursor ?? '', 3)).toEqual(all.slice(5, 8));
      expect(await log.ends()).toEqual({ oldest, newest: all.at(-1)?.cursor });
      expect(all.every(({ cursor }) => /^[a-z0-9-]{1,40}$/.test(cursor))).toBe(true);
      await platform.close();
    });

    test('has the whole event', async (harness) => {
      const [platform, log] = await begin(harness, 0);
      const sent = numberedEvents(platform, harness)(1);
      await platform.bus.publish(sent);
      const [read] = await readUntil(log, (await log.ends()).oldest, 1);
      expect(read?.event).toEqual(sent);
      await platform.close();
    });

    test('goes on after a restart where a reader was', async (harness) => {
      const [first, log] = await begin(harness, 3);
      const [, second] = await readUntil(log, (await log.ends()).oldest, 3);
      await first.close();
      const [platform, again] = await begin(harness, 2);
      expect(subjects(await readUntil(again, second?.cursor ?? '', 3))).toEqual([2, 0, 1].map(id));
      await platform.close();
    });

    test('tells of more', async (harness) => {
      const [platform, log] = await begin(harness, 0);
      let { newest } = await log.ends();
      const told = Promise.withResolvers<void>();
      const stop = log.onMore(told.resolve);
      await platform.bus.publish(numberedEvents(platform, harness)(1));
      await told.promise;
      const read = await readUntil(log, newest, 1);
      newest = read[0]?.cursor ?? '';
      stop();
      expect(await log.read(newest, 10)).toEqual([]);
      await platform.close();
    });

    test('has no place but its own', async (harness) => {
      const [platform, log] = await begin(harness, 2);
      const { oldest } = await log.ends();
      const [{ cursor = '' } = {}] = await readUntil(log, oldest, 2);
      const far = cursor.replace(/\d+$/, '999999');
      for (const wrong of ['', 'oldest', '-1', '1e3', far, `9${cursor}-7`, ' ', 'x-1']) {
        expect(await goneFrom(log, wrong)).toBeInstanceOf(CursorGone);
      }
      await platform.close();
    });
  });

  describe(`the registry of the ${kind} platform`, () => {
    test('keeps documents by name and key, also after a restart', async (harness) => {
      const first = await harness.open();
      const keys = first.registry('keys');
      expect(await keys.list()).toEqual([]);
      const revision = await keys.put('a.1', { text: 'ä', list: [1, null] }, 0);
      await keys.put('b', 'other', 0);
      await first.registry('endpoints').put('a.1', 'of another name', 0);
      await first.close();
      const platform = await harness.open();
      expect(await platform.registry('keys').list()).toEqual([
        { key: 'a.1', value: { text: 'ä', list: [1, null] }, revision },
        { key: 'b', value: 'other', revision: expect.any(Number) },
      ]);
      await platform.close();
    });

    test('has one winner of two writes, and none after a removal', async (harness) => {
      const platform = await harness.open();
      const keys = platform.registry('keys');
      const first = await keys.put('a', 1, 0);
      const outcomes = await Promise.allSettled([keys.put('a', 2, first), keys.put('a', 3, first)]);
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(lost.map(({ reason }) => reason)).toEqual([expect.any(VersionConflict)]);
      await expect(keys.put('a', 4, 0)).rejects.toThrow(VersionConflict);
      await expect(keys.put('new', 4, 12)).rejects.toThrow(VersionConflict);
      const [entry] = await keys.list();
      expect(entry?.revision).toBeGreaterThan(first);
      await keys.remove('a');
      await keys.remove('a');
      expect(await keys.list()).toEqual([]);
      await expect(keys.put('a', 5, entry?.revision ?? 0)).rejects.toThrow(VersionConflict);
      expect(await keys.put('a', 6, 0)).toBeGreaterThan(entry?.revision ?? 0);
      await platform.close();
    });

    test('tells each process of every change', async (harness) => {
      const platform = await harness.open();
      const other = harness.canShare ? await harness.open() : platform;
      const keys = platform.registry('keys');
      const seen: number[] = [];
      const stop = other.registry('keys').watch(() => {
        void other
          .registry('keys')
          .list()
          .then((entries) => seen.push(entries.length));
      });
      await keys.put('a', 1, 0);
      await expect.poll(() => seen.at(-1)).toBe(1);
      await keys.remove('a');
      await expect.poll(() => seen.at(-1)).toBe(0);
      stop();
      if (other !== platform) await other.close();
      await platform.close();
    });
  });
}
