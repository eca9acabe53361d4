/** Measures the time that Fairseat takes to start, and its memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { closedLoop } from './load.ts';
import { fillMarket, loadOn, reservations, signUpBuyers, supply } from './market.ts';
import { Rounds } from './numbers.ts';
import type { Report } from './report.ts';
import {
  newFolder,
  quiet,
  residentMb,
  type Server,
  serveBare,
  serveMarketplace,
} from './server.ts';

const STARTS = 5;
const OPEN_ORDERS = 10_000;
const SETTLE_MS = 2000;

export async function measureFootprint(report: Report) {
  report.begin('Start and memory');
  const { dataDir, ticketIds } = await fillMarket(OPEN_ORDERS);
  const servers: Record<string, () => Promise<Server>> = {
    'Fairseat, new folder': () => serveMarketplace(newFolder()),
    [`Fairseat, ${OPEN_ORDERS} tickets`]: () => serveMarketplace(dataDir),
    'bare Fastify': () => serveBare(),
  };
  const readyMs = new Rounds<number>();
  const idleMb = new Rounds<number>();
  for (let round = 0; round < STARTS; round++) {
    for (const [name, start] of Object.entries(servers)) {
      const server = await start();
      await quiet(server);
      readyMs.add(name, server.readyMs);
      idleMb.add(name, residentMb(server));
      await server.stop();
    }
  }
  for (const [name, times] of readyMs) {
    report.figure(`${name}: from spawning to ready`, 'ms', times);
  }
  for (const [name, sizes] of idleMb) {
    report.figure(`${name}: resident when idle`, 'MB', sizes);
  }

  const server = await serveMarketplace(dataDir);
  const cookies = await signUpBuyers(server.port);
  const { next } = supply(reservations(ticketIds, cookies));
  const { count } = await closedLoop(loadOn(server, next), 60_000);
  await quiet(server);
  await sleep(SETTLE_MS);
  report.figure(`resident after placing ${count} orders, all open`, 'MB', [residentMb(server)]);
  await server.stop();
  const again = await serveMarketplace(dataDir);
  await quiet(again);
  report.figure(`resident with ${count} open orders after a restart`, 'MB', [residentMb(again)]);
  report.figure(`from spawning to ready with ${count} open orders`, 'ms', [again.readyMs]);
  await again.stop();
}
