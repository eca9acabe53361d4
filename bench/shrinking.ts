/** Measures how a data folder grows smaller once its events have had their time, and for how long others wait meanwhile. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbedded } from '@fairseat/platform/embedded';
import { watchLoop } from './held.ts';
import { publishSome } from './published.ts';
import type { Report } from './report.ts';
import { newFolder } from './server.ts';

const EVENTS = 100_000;
const AT_ONCE = 500;
const DAY_MS = 24 * 60 * 60 * 1000;
const LOOK_EVERY_MS = 500;
const SMALL_MB = 10;
const LONGEST_MS = 20;

export async function measureShrinking(report: Report) {
  report.begin(`A folder of ${EVENTS} events, all of which are a month old at once`);
  const dataDir = newFolder();
  const sizeMb = () => statSync(join(dataDir, 'fairseat.sqlite')).size / 2 ** 20;
  let aheadMs = 0;
  const clock = {
    now: () => Date.now() + aheadMs,
    monotonic: () => performance.now(),
    after(delayMs: number, callback: () => void) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  };
  const open = async () => {
    const platform = openEmbedded({ dataDir, clock });
    platform.bus.consume('orders', { 'session.ended': async () => {} });
    await platform.start();
    return platform;
  };
  const filled = await open();
  for (let said = 0; said < EVENTS; said += AT_ONCE) await publishSome(filled, AT_ONCE);
  await filled.settled();
  await filled.close();
  report.figure('file, before', 'MB', [sizeMb()]);

  // When events were written is noted once an hour.
  aheadMs = DAY_MS;
  const marked = await open();
  await sleep(LOOK_EVERY_MS);
  await marked.close();
  aheadMs = 32 * DAY_MS;
  const platform = await open();
  const begunAt = performance.now();
  const held = watchLoop();
  while (sizeMb() > SMALL_MB) await sleep(LOOK_EVERY_MS);
  const { longestMs, longestWorkMs } = held();
  report.figure('until it is small', 's', [(performance.now() - begunAt) / 1000]);
  report.figure('file, after', 'MB', [sizeMb()]);
  report.figure('longest time held', 'ms', [longestMs]);
  report.bound('longest time held, by processor time', longestWorkMs, 'ms', { atMost: LONGEST_MS });
  await platform.close();
}
