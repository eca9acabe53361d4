/** Measures how late locks are let go: steadily, and when very many are due at once. */
import { once as eventOf } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Question, Released } from './due.ts';
import { closedLoop, type Load, openLoop } from './load.ts';
import { fillMarket, isAccepted, loadOn, reservations, signUpBuyers, supply } from './market.ts';
import { quantile } from './numbers.ts';
import type { Report } from './report.ts';
import { quiet, type Server, serve } from './server.ts';

const STEADY = { perSecond: 100, seconds: 10, afterMs: 4000, rounds: 2 };
const BURST = { locks: 10_000, rounds: 3, spreadMs: 1000 };
/** The time for placing the locks of a burst, before the first is due. */
const PLACED_WITHIN_MS = 16_000;
const RELEASED_WITHIN_MS = 30_000;

export async function measureRelease(report: Report) {
  const steady = STEADY.rounds * STEADY.perSecond * STEADY.seconds;
  const { dataDir, ticketIds } = await fillMarket(steady + BURST.rounds * BURST.locks);
  const server = await serve(new URL('./watched.ts', import.meta.url), {
    env: { DATA_DIR: dataDir, RATE_LIMITS: 'off', LOG_LEVEL: 'warn' },
  });
  const cookies = await signUpBuyers(server.port);
  await measureBurst(report, server, ticketIds.slice(steady), cookies);
  await measureSteady(report, server, ticketIds.slice(0, steady), cookies);
  await server.stop();
}

async function measureSteady(report: Report, server: Server, ids: string[], cookies: string[]) {
  report.begin(`Lock release: ${STEADY.perSecond} due each second`);
  const { next } = supply(reservations(ids, cookies, false));
  const load = loadOn(server, next, { isRight: isAccepted });
  await measureLateness(report, server, load, STEADY);
}

interface Steady {
  perSecond: number;
  seconds: number;
  afterMs: number;
  rounds: number;
}

/** Places locks steadily, each round from rest, and waits until all are let go. */
export async function measureLateness(
  report: Report,
  server: Server,
  load: Load,
  { perSecond, seconds, afterMs, rounds }: Steady,
  withinMs?: number,
) {
  await ask(server, { due: { afterMs } });
  const late: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    await quiet(server);
    await ask(server, 'forget');
    const { count } = await openLoop(load, perSecond, seconds * 1000);
    late.push((await allReleased(server, count, withinMs)).latenessMs);
  }
  const each = (q: number) => late.map((ms) => quantile(ms, q));
  report.figure('late by, p50', 'ms', each(0.5));
  const p99 = report.figure('late by, p99', 'ms', each(0.99));
  report.bound('late by, p99', p99.value, 'ms', { atMost: 250 });
  report.bound('the earliest', Math.min(...late.flat()), 'ms late', { atLeast: 0 });
}

async function measureBurst(report: Report, server: Server, ids: string[], cookies: string[]) {
  report.begin(`Lock release: ${BURST.locks} due within one second`);
  const reserved: number[] = [];
  const drained: number[] = [];
  const late: number[] = [];
  let earliest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < BURST.rounds; round++) {
    const wires = reservations(ids.slice(round * BURST.locks, (round + 1) * BURST.locks), cookies);
    const { next } = supply(wires);
    await ask(server, 'forget');
    const dueAt = Date.now() + PLACED_WITHIN_MS;
    await ask(server, { due: { dueAt, spreadMs: BURST.spreadMs } });
    const { count, perSecond } = await closedLoop(loadOn(server, next), PLACED_WITHIN_MS);
    if (Date.now() > dueAt - 200) throw new Error('the locks were due before they were all placed');
    await sleep(dueAt - Date.now());
    const { latenessMs, lastAt } = await allReleased(server, count);
    await quiet(server);
    reserved.push(perSecond);
    drained.push(count / ((lastAt - dueAt) / 1000));
    late.push(quantile(latenessMs, 0.99));
    earliest = Math.min(earliest, ...latenessMs);
  }
  const rate = report.figure('locks let go, from the first due to the last', '/s', drained);
  const placed = report.figure('reservations of the same run', '/s', reserved);
  report.compare('release against reservation', rate, placed, { atLeast: 0.8 });
  report.figure('late by, p99', 'ms', late);
  report.bound('the earliest', earliest, 'ms late', { atLeast: 0 });
}

export async function ask({ child }: Server, question: Question): Promise<Released> {
  const answer = eventOf(child, 'message');
  child.send(question);
  const [released] = await answer;
  return released;
}

export async function allReleased(
  server: Server,
  count: number,
  withinMs = RELEASED_WITHIN_MS,
): Promise<Released> {
  const endsAt = Date.now() + withinMs;
  for (;;) {
    const released = await ask(server, 'released?');
    if (released.latenessMs.length >= count) return released;
    if (Date.now() > endsAt) {
      throw new Error(`${released.latenessMs.length} of ${count} locks were let go in time`);
    }
    await sleep(500);
  }
}
