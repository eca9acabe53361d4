/** Reads the engines with the platform's own tables and reports everything that is wrong once all is quiet. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Platform } from '@fairseat/common/ports';
import { openDistributed } from '@fairseat/platform/distributed';
import { readEverything, violations } from '@fairseat/test-support/invariants';
import type { Promised } from './purchase.ts';
import { serviceNames } from './services.ts';

export const QUIET_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 500;

interface Engines {
  mongodbUrl: string;
  natsUrl: string;
  redisUrl: string;
  namespace: string;
}

/** Looks again until nothing is wrong, for as long as reconcilers and alarms may need. */
export async function audit(
  engines: Engines,
  promised: Promised[],
  quietWithinMs: number,
): Promise<string[]> {
  const platform = openDistributed(engines);
  // A platform reads the dead letters only of groups that it consumes for.
  for (const service of serviceNames) platform.bus.consume(service, {});
  try {
    return await wrongOn(platform, promised, quietWithinMs);
  } finally {
    await platform.close();
  }
}

/** The same on a platform that is open already. */
export async function wrongOn(
  platform: Platform,
  promised: Promised[],
  quietWithinMs: number,
): Promise<string[]> {
  const deadline = Date.now() + quietWithinMs;
  for (;;) {
    const wrong = await violations(platform, Date.now());
    if (wrong.length === 0 || Date.now() > deadline) {
      const stored = await readEverything(platform);
      const broken = promised.map((kept) => kept(stored)).filter((line) => line !== undefined);
      return [...wrong, ...broken];
    }
    await pause(LOOK_AGAIN_MS);
  }
}
