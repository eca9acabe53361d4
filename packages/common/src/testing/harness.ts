import { expirationEvents } from '../contracts/expiration.ts';
import { sessionEvents } from '../contracts/session.ts';
import type { Platform } from '../ports/index.ts';
import { createTestClock, type TestClock } from './clock.ts';

/** The services whose events the suites publish. */
export const auth = { name: 'auth', publishes: sessionEvents };
export const expiration = { name: 'expiration', publishes: expirationEvents };

/** Opens platforms of the kind under test for a contract suite. */
export interface Harness {
  clock: TestClock;
  /** Opens a platform on the data of this test: empty at first, later as it was left. */
  open(): Promise<Platform>;
  /** Whether two platforms can be open on the data of a test at the same time. */
  canShare: boolean;
  /** Ends a platform as a killed process ends: nothing unsaved is kept. */
  crash(platform: Platform): Promise<void>;
  /** Forty days pass, or what else makes the engines forget the events that every group has handled. */
  outliveEvents(): Promise<void>;
  /** Removes the data. */
  dispose(): Promise<void>;
}

/** Opens a fresh harness for each test. */
export type OpenHarness = (clock: TestClock) => Promise<Harness>;

/** Runs one test on a platform kind and cleans up after it. */
export async function onPlatform(
  openHarness: OpenHarness,
  test: (harness: Harness) => Promise<void>,
): Promise<void> {
  const harness = await openHarness(createTestClock());
  try {
    await test(harness);
  } finally {
    await harness.dispose();
  }
}

/** Collects items; `all` resolves once there are `count` of them. */
export function collector<T>(count: number) {
  const items: T[] = [];
  const { promise, resolve } = Promise.withResolvers<T[]>();
  return {
    items,
    all: promise,
    add(item: T) {
      items.push(item);
      if (items.length === count) resolve(items);
    },
  };
}
