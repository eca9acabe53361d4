/** Measures how late locks are let go on the distributed platform: when very many are due at once, and steadily. */
import { setTimeout as sleep } from 'node:timers/promises';
import { closedLoop } from './load.ts';
import { isAccepted, loadOn } from './market.ts';
import type { Processes } from './processes.ts';
import { allReleased, ask, measureLateness } from './release.ts';
import type { Report } from './report.ts';
import type { Server } from './server.ts';

const STEADY = { perSecond: 20, seconds: 15, afterMs: 3000, rounds: 3 };
const BURST = { locks: 2000, spreadMs: 1000 };
const RELEASED_WITHIN_MS = 90_000;

/** Replaces orders by one whose locks are due on demand. They can be placed at a rate of about `perSecond`. */
export async function measureLocks(
  report: Report,
  processes: Processes,
  next: () => string,
  perSecond: number,
) {
  await processes.the('orders').stop();
  const orders = await processes.start('orders', new URL('./watched-orders.ts', import.meta.url));
  await measureBurst(report, orders, next, perSecond);
  await measureSteady(report, orders, next);
}

async function measureBurst(report: Report, orders: Server, next: () => string, perSecond: number) {
  report.begin(`Distributed: ${BURST.locks} locks due within one second`);
  const dueAt = Date.now() + 5000 + (2 * BURST.locks * 1000) / perSecond;
  await ask(orders, { due: { dueAt, spreadMs: BURST.spreadMs } });
  let left = BURST.locks;
  const some = () => (left-- > 0 ? next() : undefined);
  const placed = await closedLoop(loadOn(orders, some), dueAt - Date.now());
  if (placed.count < BURST.locks) throw new Error('the locks were due before all were placed');
  await sleep(dueAt - Date.now());
  const { lastAt, latenessMs } = await allReleased(orders, placed.count, RELEASED_WITHIN_MS);
  const drained = placed.count / ((lastAt - dueAt) / 1000);
  const rate = report.figure('locks let go, from the first due to the last', '/s', [drained]);
  const reserved = report.figure('reservations while they were placed', '/s', [placed.perSecond]);
  report.compare('release against reservation', rate, reserved, { atLeast: 0.8 });
  report.bound('the earliest', Math.min(...latenessMs), 'ms late', { atLeast: 0 });
}

async function measureSteady(report: Report, orders: Server, next: () => string) {
  report.begin(`Distributed: ${STEADY.perSecond} locks due each second`);
  const load = loadOn(orders, next, { isRight: isAccepted });
  await measureLateness(report, orders, load, STEADY, RELEASED_WITHIN_MS);
}
