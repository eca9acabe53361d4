/** Measures durable reservations of this tree and of another version, by default the last release, in turn. */
import { pathToFileURL } from 'node:url';
import { lastRelease } from '../tests/upgrade/versions.ts';
import { request } from './http.ts';
import { closedLoop, type Load, type Run } from './load.ts';
import { fillMarket, isOk, loadOn, reservations, signInBuyers, supply } from './market.ts';
import { Rounds } from './numbers.ts';
import { type Report, reportLatencies, reportSurroundings } from './report.ts';
import { cpuMs, quiet, type Server, serveMarketplace, tree } from './server.ts';

const TICKETS = 120_000;
const ROUNDS = 60;
const ROUND_MS = 400;
const WARM_UP_MS = 10_000;
/** So many sessions are kept as verified. Few of a buyer's holds then meet a place that is taken. */
const BUYERS = 20_000;
const MAX_HOLDS = 16;
const KNOWN_WITHIN_MS = 120_000;

/** @param before Folder of the other version's sources and dependencies. */
export async function measureSince(report: Report, before?: string) {
  const other = before ? { name: before, from: before } : await lastRelease();
  report.begin(`Reservations of the working tree and of ${other.name}, 64 connections`);
  const sides = { tree: await open(tree), before: await open(pathToFileURL(`${other.from}/`)) };
  for (const { load } of Object.values(sides)) await closedLoop(load, WARM_UP_MS);
  const runs = { tree: [] as Run[], before: [] as Run[] };
  const cpuUs = new Rounds<number>();
  for (let round = 0; round < ROUNDS; round++) {
    const order = ['tree', 'before'] as const;
    for (const side of round % 2 ? order.toReversed() : order) {
      const { server, load } = sides[side];
      await quiet(server);
      const used = cpuMs(server);
      const run = await closedLoop(load, ROUND_MS);
      await quiet(server);
      runs[side].push(run);
      cpuUs.add(side, ((cpuMs(server) - used) * 1000) / run.count);
    }
  }
  const [tookNow, tookBefore] = (['tree', 'before'] as const).map((side) => {
    reportLatencies(report, side, runs[side]);
    report.figure(
      `${side}: a second`,
      '/s',
      runs[side].map(({ perSecond }) => perSecond),
    );
    return report.figure(`${side}: processor time of one`, 'µs', cpuUs.of(side));
  });
  if (tookNow && tookBefore) {
    report.compare('processor time, tree to before', tookNow, tookBefore, { atMost: 1.03 });
  }
  reportSurroundings(report, runs);
  for (const { server } of Object.values(sides)) await server.stop();
}

/** Each version has a folder of its own, which it filled itself, and keeps to its limits. */
async function open(from: URL): Promise<{ server: Server; load: Load }> {
  const market = await fillMarket(TICKETS, TICKETS, from);
  const env = { RATE_LIMITS: 'on', MAX_HOLDS: String(MAX_HOLDS) };
  const server = await serveMarketplace(market.dataDir, { of: from, env });
  const cookies = await signInBuyers(market.dataDir, BUYERS);
  // A session is verified once, and then known.
  const known = supply(cookies.map((cookie) => request('GET', '/api/orders', { cookie })));
  await closedLoop(loadOn(server, known.next, { isRight: isOk }), KNOWN_WITHIN_MS);
  return { server, load: loadOn(server, supply(reservations(market.ticketIds, cookies)).next) };
}
