import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

type Clock = typeof import('./clock.ts');

const HOUR_MS = 3_600_000;

describe('the time of the server', () => {
  let clock: Clock;
  /** The visitor's clock is a day behind that of the server. */
  let serverMs: number;

  /** Time passes, on all clocks. */
  function pass(ms: number) {
    vi.advanceTimersByTime(ms);
    serverMs += ms;
  }
  /** As `pass`, but `performance.now()` stands still. */
  function sleep(ms: number) {
    setClock(ms);
    serverMs += ms;
  }
  const setClock = (aheadMs: number) => vi.setSystemTime(Date.now() + aheadMs);
  const errorMs = () => clock.serverNow() - serverMs;

  beforeEach(async () => {
    vi.useFakeTimers();
    vi.resetModules();
    clock = await import('./clock.ts');
    serverMs = Date.now() + 24 * HOUR_MS;
    clock.notePageTime(serverMs);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('goes on by itself, and is never put back by what was long in transit', () => {
    pass(HOUR_MS);
    clock.noteServerTime(serverMs - 300);
    expect(errorMs()).toBe(0);
    expect(clock.isGuessed()).toBe(false);
  });

  it('is right at once after the machine slept, and asked for', () => {
    pass(1000);
    sleep(HOUR_MS);
    expect(errorMs()).toBe(0);
    expect(clock.isGuessed()).toBe(true);
    // What had arrived before is read only now.
    clock.noteServerTime(serverMs - HOUR_MS);
    expect(errorMs()).toBe(0);
    clock.notePageTime(serverMs);
    expect(clock.isGuessed()).toBe(false);
    sleep(HOUR_MS);
    expect(errorMs()).toBe(0);
  });

  it('is asked for when the visitor sets the clock, and right again after the answer', () => {
    for (const ms of [HOUR_MS, -2 * HOUR_MS]) {
      setClock(ms);
      expect(errorMs()).toBe(Math.max(ms, 0));
      expect(clock.isGuessed()).toBe(true);
      clock.notePageTime(serverMs);
      expect(errorMs()).toBe(0);
      expect(clock.isGuessed()).toBe(false);
    }
  });

  it('is not asked for when the visitor’s clock is only corrected', () => {
    for (let step = 0; step < 10; step++) {
      setClock(200);
      expect(errorMs()).toBe(0);
    }
    expect(clock.isGuessed()).toBe(false);
  });
});
