import { describe, expect, it } from 'vitest';
import { Unavailable } from '../../errors.ts';
import type { AnyEvent } from '../../events.ts';
import type { Bus } from '../../ports/index.ts';
import { Changes } from './changes.ts';

/** `Changes` on a bus and a clock that the test drives. */
function useChanges() {
  const listeners = new Set<(event: AnyEvent) => void>();
  const delays: number[] = [];
  let wakeUp = () => {};
  let now = 0;
  let setBy = 0;
  const bus = {
    watch(listener: (event: AnyEvent) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const clock = {
    now: () => now + setBy,
    monotonic: () => now,
    after(delayMs: number, callback: () => void) {
      delays.push(delayMs);
      wakeUp = () => {
        now += delayMs;
        callback();
      };
      return () => {};
    },
  };
  const changes = new Changes(bus as unknown as Bus, clock);
  const publish = (subject: string, version: number) => {
    for (const listener of listeners) listener({ subject, version } as AnyEvent);
  };
  const set = (byMs: number) => {
    setBy += byMs;
  };
  return { changes, listeners, delays, publish, set, wakeUp: () => wakeUp() };
}

/** Lets all work continue that waits for nothing from outside. */
const runOn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('waiting for a change', () => {
  it('watches no event until somebody waits', async () => {
    const { changes, listeners } = useChanges();
    expect(listeners.size).toBe(0);
    expect(await changes.until('a', async () => 1, Boolean, 1000)).toBe(1);
    expect(listeners.size).toBe(0);
    const waiting = changes.until('a', async () => 0, Boolean, 1000);
    await runOn();
    expect(listeners.size).toBe(1);
    changes.close();
    expect(listeners.size).toBe(0);
    await expect(waiting).rejects.toThrow(Unavailable);
  });

  it('looks again soon at a replica, and soon after each event', async () => {
    const { changes, delays, publish, wakeUp } = useChanges();
    let [reads, value] = [0, 0];
    const read = async () => [++reads, value][1];
    const waiting = changes.until('a', read, Boolean, 1000);
    for (const _ of [1, 2, 3]) {
      await runOn();
      wakeUp();
    }
    await runOn();
    publish('a', 1);
    await runOn();
    expect(reads).toBe(6);
    expect(delays).toEqual([5, 10, 20, 40, 5]);
    value = 1;
    wakeUp();
    expect(await waiting).toBe(1);
  });

  it('looks at a record of its own when there is a newer event, else seldom', async () => {
    const { changes, delays, publish, wakeUp } = useChanges();
    let [reads, value] = [0, 0];
    const read = async () => [++reads, value][1];
    const waiting = changes.until('a', read, Boolean, 60_000, 1);
    await runOn();
    publish('a', 1);
    publish('b', 2);
    await runOn();
    expect(reads).toBe(1);
    for (const _ of [1, 2, 3]) {
      wakeUp();
      await runOn();
    }
    expect(delays).toEqual([250, 500, 1000, 1000]);
    value = 1;
    publish('a', 2);
    expect(await waiting).toBe(1);
    expect(reads).toBe(5);
  });

  it('answers what was read last when the time is up', async () => {
    const { changes, wakeUp } = useChanges();
    const waiting = changes.until('a', async () => 0, Boolean, 5);
    await runOn();
    wakeUp();
    expect(await waiting).toBe(0);
  });

  it.each([3_600_000, -3_600_000])(
    'takes as long as it may, also when somebody sets the clock by %i ms meanwhile',
    async (byMs) => {
      const { changes, delays, set, wakeUp } = useChanges();
      const waiting = changes.until('a', async () => 0, Boolean, 15);
      await runOn();
      set(byMs);
      wakeUp();
      await runOn();
      wakeUp();
      expect(await waiting).toBe(0);
      expect(delays).toEqual([5, 10]);
    },
  );

  it('leaves nobody behind, however it ends', async () => {
    const { changes, publish, wakeUp } = useChanges();
    let value = 0;
    const read = async () => value;
    const begin = (timeoutMs: number) => changes.until('a', read, Boolean, timeoutMs);
    const late = begin(5);
    await runOn();
    wakeUp();
    await late;
    expect(changes.waiting).toBe(0);

    const notified = begin(1000);
    const failing = changes.until('a', () => Promise.reject(new Error('away')), Boolean, 1000, 1);
    await expect(failing).rejects.toThrow('away');
    await runOn();
    expect(changes.waiting).toBe(1);
    value = 1;
    publish('a', 1);
    await notified;
    expect(changes.waiting).toBe(0);

    value = 0;
    const closed = [begin(1000), changes.until('b', read, Boolean, 1000, 1)];
    await runOn();
    expect(changes.waiting).toBe(2);
    changes.close();
    const [ofReplica, ofOwn] = await Promise.allSettled(closed);
    expect(ofReplica).toMatchObject({ reason: expect.any(Unavailable) });
    expect(ofOwn).toMatchObject({ value: 0 });
    expect(changes.waiting).toBe(0);
  });
});
