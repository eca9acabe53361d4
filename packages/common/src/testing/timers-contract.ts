/** The contract suite of `Timers`. */
import { describe, expect, it } from 'vitest';
import { collector, type Harness, type OpenHarness, onPlatform } from './harness.ts';

const HOUR_MS = 3_600_000;

export function timersContract(kind: string, openHarness: OpenHarness) {
  const test = (name: string, run: (harness: Harness) => Promise<void>) =>
    it(name, () => onPlatform(openHarness, run));
  const open = async (harness: Harness, count: number) => {
    const platform = await harness.open();
    const timers = platform.timers('expiration');
    const rung = collector<string>(count);
    const lateness: number[] = [];
    return { platform, timers, rung, lateness };
  };

  describe(`the timers of the ${kind} platform`, () => {
    test('ring at their moment, and never before', async (harness) => {
      const { platform, timers, rung } = await open(harness, 40);
      const start = harness.clock.now();
      const early: string[] = [];
      timers.onFire(async (key) => {
        if (harness.clock.now() < start + Number(key.slice(1))) early.push(key);
        rung.add(key);
      });
      await platform.start();
      for (let n = 0; n < 40; n++) await timers.set(`k${n * 7}`, start + n * 7);
      expect(new Set(await rung.all).size).toBe(40);
      expect(early).toEqual([]);
      await platform.close();
    });

    test('stay silent until then', async (harness) => {
      const { platform, timers, rung } = await open(harness, 1);
      timers.onFire(async (key) => rung.add(key));
      await platform.start();
      await timers.set('later', harness.clock.now() + HOUR_MS);
      await timers.set('now', harness.clock.now());
      expect(await rung.all).toEqual(['now']);
      await platform.close();
    });

    test('can be moved and dropped', async (harness) => {
      const { platform, timers, rung } = await open(harness, 1);
      timers.onFire(async (key) => rung.add(key));
      await platform.start();
      const at = harness.clock.now() + HOUR_MS;
      await timers.set('dropped', at);
      await timers.set('moved', at);
      await timers.set('moved', at + 2 * HOUR_MS);
      await timers.set('kept', at + 1);
      await timers.drop('dropped');
      harness.clock.advance(HOUR_MS + 1000);
      expect(await rung.all).toEqual(['kept']);
      await platform.close();
    });

    test('ring at the earlier time that they are moved to', async (harness) => {
      const { platform, timers, rung } = await open(harness, 1);
      timers.onFire(async (key) => rung.add(key));
      await platform.start();
      const start = harness.clock.now();
      await timers.set('moved', start + 2 * HOUR_MS);
      await timers.set('moved', start + HOUR_MS);
      harness.clock.advance(HOUR_MS + 1000);
      expect(await rung.all).toEqual(['moved']);
      await platform.close();
    });

    test('ring at the later time that they are moved to, and not before', async (harness) => {
      const { platform, timers, rung } = await open(harness, 2);
      const other = collector<string>(1);
      timers.onFire(async (key) => {
        rung.add(key);
        other.add(key);
      });
      await platform.start();
      const start = harness.clock.now();
      await timers.set('moved', start + HOUR_MS);
      await timers.set('moved', start + 2 * HOUR_MS);
      await timers.set('other', start + HOUR_MS + 1);
      harness.clock.advance(HOUR_MS + 1000);
      expect(await other.all).toEqual(['other']);
      harness.clock.advance(HOUR_MS);
      expect(await rung.all).toEqual(['other', 'moved']);
      await platform.close();
    });

    test('ring again when they are moved while they ring', async (harness) => {
      const { platform, timers, rung } = await open(harness, 2);
      const isRinging = Promise.withResolvers<void>();
      const isMoved = Promise.withResolvers<void>();
      timers.onFire(async (key) => {
        isRinging.resolve();
        await isMoved.promise;
        rung.add(key);
      });
      await platform.start();
      const start = harness.clock.now();
      await timers.set('moved', start);
      await isRinging.promise;
      await timers.set('moved', start + HOUR_MS);
      isMoved.resolve();
      await expect.poll(() => rung.items).toEqual(['moved']);
      harness.clock.advance(HOUR_MS + 1000);
      expect(await rung.all).toEqual(['moved', 'moved']);
      await platform.close();
    });

    test('ring once for one key, however often it was set', async (harness) => {
      const { platform, timers, rung } = await open(harness, 2);
      timers.onFire(async (key) => rung.add(key));
      await platform.start();
      const at = harness.clock.now() + HOUR_MS;
      await Promise.all(Array.from({ length: 20 }, () => timers.set('once', at)));
      await timers.set('last', at + 1000);
      harness.clock.advance(HOUR_MS + 2000);
      expect(await rung.all).toEqual(['once', 'last']);
      await platform.close();
    });

    test('survive a crash, and ring at once for what fell due meanwhile', async (harness) => {
      const { platform, timers } = await open(harness, 1);
      timers.onFire(async () => {});
      await platform.start();
      await timers.set('a', harness.clock.now() + HOUR_MS);
      await harness.crash(platform);
      harness.clock.advance(2 * HOUR_MS);
      const again = await open(harness, 1);
      again.timers.onFire(async (key) => again.rung.add(key));
      await again.platform.start();
      expect(await again.rung.all).toEqual(['a']);
      await again.platform.close();
    });

    test('ring again when their handler failed, and do not hold up others', async (harness) => {
      const { platform, timers, rung } = await open(harness, 2);
      let failures = 0;
      const other = collector<string>(1);
      timers.onFire(async (key) => {
        if (key === 'b') return other.add(key);
        rung.add(key);
        if (++failures === 1) throw new Error('publish failed');
      });
      await platform.start();
      await timers.set('a', harness.clock.now());
      await timers.set('b', harness.clock.now() + 1);
      await other.all;
      harness.clock.advance(60_000);
      expect(await rung.all).toEqual(['a', 'a']);
      await platform.close();
    });
  });
}
