import type { Clock } from '../ports/index.ts';

export interface TestClock extends Clock {
  /** Moves the time forward and calls back what falls due, in the order of its time. */
  advance(byMs: number): void;
}

/** Time that runs as usual and can be moved forward, so that no test waits for it. */
export function createTestClock(): TestClock {
  let offsetMs = 0;
  const pending = new Set<{
    at: number;
    callback: () => void;
    timer: NodeJS.Timeout | undefined;
  }>();
  const clock: TestClock = {
    now: () => Date.now() + offsetMs,
    monotonic: () => performance.now() + offsetMs,
    after(delayMs, callback) {
      const entry = {
        at: clock.now() + delayMs,
        callback,
        timer: undefined as NodeJS.Timeout | undefined,
      };
      const fire = () => {
        if (pending.delete(entry)) callback();
      };
      entry.timer = setTimeout(fire, Math.min(Math.ceil(delayMs), 2 ** 31 - 1));
      pending.add(entry);
      return () => {
        pending.delete(entry);
        clearTimeout(entry.timer);
      };
    },
    advance(byMs) {
      offsetMs += byMs;
      const due = [...pending].filter(({ at }) => at <= clock.now());
      for (const entry of due.toSorted((a, b) => a.at - b.at)) {
        if (!pending.delete(entry)) continue;
        clearTimeout(entry.timer);
        entry.callback();
      }
      for (const entry of pending) {
        clearTimeout(entry.timer);
        entry.timer = setTimeout(
          () => pending.delete(entry) && entry.callback(),
          Math.min(Math.max(0, Math.ceil(entry.at - clock.now())), 2 ** 31 - 1),
        );
      }
    },
  };
  return clock;
}
