/** Measures for how long others wait while events fail by the thousand. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbedded } from '@fairseat/platform/embedded';
import { watchLoop } from './held.ts';
import { publishSome } from './published.ts';
import type { Report } from './report.ts';
import { newFolder } from './server.ts';

const EVENTS = 8000;
const AT_ONCE = 50;
const METRICS_EVERY_MS = 250;
const FAILING_MS = 60_000;
const LONGEST_MS = 20;

export async function measureFailing(report: Report) {
  report.begin(`${EVENTS} failing events`);
  // The compiler is warm, as that of a process that has been at work.
  await fail(EVENTS, 0);
  for (const [name, spreadMs] of [
    ['all at once', 0],
    ['within the minute for which a handler throws', FAILING_MS],
  ] as const) {
    const { held, seconds, dead } = await fail(EVENTS, spreadMs);
    report.figure(`${name}: until all are dead letters`, 's', [seconds]);
    report.figure(`${name}: longest time held`, 'ms', [held.longestMs]);
    const work = `${name}: longest time held, by processor time`;
    report.bound(work, held.longestWorkMs, 'ms', { atMost: LONGEST_MS });
    if (dead !== EVENTS) throw new Error(`${dead} dead letters`);
  }
}

async function fail(events: number, spreadMs: number) {
  const platform = openEmbedded({ dataDir: newFolder() });
  platform.bus.consume('auth', {
    'session.ended': () => Promise.reject(new Error('The handler is broken.')),
  });
  platform.bus.consume('orders', { 'session.ended': async () => {} });
  await platform.start();
  const begunAt = performance.now();
  const held = watchLoop();
  for (let said = 0; said < events; said += AT_ONCE) {
    await publishSome(platform, AT_ONCE);
    const early = begunAt + (spreadMs * said) / events - performance.now();
    if (early > 0) await sleep(early);
  }
  const dead = async () =>
    (await platform.bus.backlog()).reduce((sum, group) => sum + (group.dead ?? 0), 0);
  while ((await dead()) < events) await sleep(METRICS_EVERY_MS);
  const seconds = (performance.now() - begunAt) / 1000;
  const result = { held: held(), seconds, dead: await dead() };
  await platform.close();
  return result;
}
