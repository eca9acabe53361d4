/** Measures durable reservations, end to end, against a route without storage and the least that a hold can cost. */
import { request } from './http.ts';
import { closedLoop, type Load, openLoop, type Run } from './load.ts';
import {
  cycle,
  fillMarket,
  isAccepted,
  isOk,
  loadOn,
  reservations,
  signUpBuyers,
  supply,
} from './market.ts';
import { Rounds } from './numbers.ts';
import { type Report, reportLatencies, reportSurroundings } from './report.ts';
import {
  cpuMs,
  newFolder,
  quiet,
  type Server,
  serveBare,
  serveMarketplace,
  serveOneRow,
} from './server.ts';

const TICKETS = 150_000;
const ROUNDS = 11;
const ROUND_MS = 1200;
/** Long enough for the compiler: Fairseat has more code than a baseline. */
const WARM_UP_MS = 10_000;
const OPEN_CONNECTIONS = 512;
const READS_WARM_UP_MS = 2000;
const READS_ROUND_MS = 1000;

export async function measureReservations(report: Report) {
  report.begin('Reservations: POST /api/orders with Prefer: wait, 64 connections');
  const market = await fillMarket(TICKETS);

  const fairseat = await serveMarketplace(market.dataDir);
  const nothing = await serveBare();
  const oneRow = await serveOneRow(newFolder(), market.idsFile);
  const cookies = await signUpBuyers(fairseat.port);
  const tickets = supply(reservations(market.ticketIds, cookies));
  const anyTicket = cycle(reservations(market.ticketIds, cookies));
  const loads: Record<'fairseat' | 'nothing' | 'oneRow', Load> = {
    fairseat: loadOn(fairseat, tickets.next),
    nothing: loadOn(nothing, anyTicket),
    oneRow: loadOn(oneRow, cycle(reservations(market.ticketIds, await signUpBuyers(oneRow.port)))),
  };

  for (const load of Object.values(loads)) await closedLoop(load, WARM_UP_MS);
  const runs = { fairseat: [] as Run[], nothing: [] as Run[], oneRow: [] as Run[] };
  const cpuUs = new Rounds<number>();
  const tails: number[] = [];
  await quiet(fairseat);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, server] of Object.entries({ nothing, oneRow, fairseat })) {
      const before = cpuMs(server);
      const run = await closedLoop(loads[name as keyof typeof loads], ROUND_MS);
      runs[name as keyof typeof runs].push(run);
      if (server === fairseat) tails.push(await quiet(fairseat));
      cpuUs.add(name, ((cpuMs(server) - before) * 1000) / run.count);
    }
  }
  const rates = (of: Run[]) => of.map(({ perSecond }) => perSecond);
  const own = report.figure('Fairseat, until awaiting_payment', '/s', rates(runs.fairseat));
  const none = report.figure('bare Fastify, same schemas, no storage', '/s', rates(runs.nothing));
  const row = report.figure("Fairseat's route and one row, group commit", '/s', rates(runs.oneRow));
  report.compare('against no storage', own, none, { atLeast: 0.12 });
  report.compare('against one row', own, row, { atLeast: 0.3 });
  reportLatencies(report, 'Fairseat, latency at full load', runs.fairseat);
  report.figure('work left after the last answer', 'ms', tails);
  // Unlike the rates, processor times stay the same when other processes take a part of the machine.
  const [ownCpu, noneCpu, rowCpu] = ['fairseat', 'nothing', 'oneRow'].map((name) =>
    report.figure(`processor time of one (${name})`, 'µs', cpuUs.of(name)),
  );
  if (ownCpu && noneCpu) report.compare('processor time, no storage to Fairseat', noneCpu, ownCpu);
  if (ownCpu && rowCpu) report.compare('processor time, one row to Fairseat', rowCpu, ownCpu);
  reportSurroundings(report, runs);

  await measureHalfLoad(report, own.value / 2, fairseat, tickets, market.ticketIds, cookies);
  await measureReads(report, fairseat, nothing, market.ticketIds);
  for (const server of [fairseat, nothing, oneRow]) await server.stop();
}

/** Measures with and without waiting for the lock: the server does the same work, but answers at different moments. */
async function measureHalfLoad(
  report: Report,
  perSecond: number,
  server: Server,
  waiting: { next: () => string | undefined; left: number },
  ticketIds: string[],
  cookies: string[],
) {
  report.begin(`Half that load: ${Math.round(perSecond)} orders arrive each second, evenly`);
  const fresh = ticketIds.slice(ticketIds.length - waiting.left);
  const half = Math.floor(fresh.length / 2);
  const accepted: Run[] = [];
  const held: Run[] = [];
  const plain = supply(reservations(fresh.slice(half), cookies, false));
  const waits = supply(reservations(fresh.slice(0, half), cookies));
  const connections = OPEN_CONNECTIONS;
  const accept = loadOn(server, plain.next, { connections, isRight: isAccepted });
  const hold = loadOn(server, waits.next, { connections });
  for (let round = 0; round < 3; round++) {
    accepted.push(await openLoop(accept, perSecond, 3000));
    await quiet(server);
    held.push(await openLoop(hold, perSecond, 3000));
    await quiet(server);
  }
  reportLatencies(report, 'until the order is accepted', accepted);
  reportLatencies(report, 'until it awaits payment', held);
}

async function measureReads(report: Report, fairseat: Server, bare: Server, ticketIds: string[]) {
  report.begin('Reads of one ticket, 64 connections');
  const sides = {
    Fairseat: { server: fairseat, path: '/api/tickets' },
    'bare Fastify, same schemas': { server: bare, path: '/api/tickets' },
    'bare Fastify, no schemas': { server: bare, path: '/bare' },
  };
  const loads = Object.entries(sides).map(([name, { server, path }]) => {
    const reads = ticketIds.slice(0, 5000).map((id) => request('GET', `${path}/${id}`));
    return [name, server, loadOn(server, cycle(reads), { isRight: isOk })] as const;
  });
  const runs = new Rounds<Run>();
  const cpuUs = new Rounds<number>();
  for (const [, , load] of loads) await closedLoop(load, READS_WARM_UP_MS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, server, load] of loads) {
      const before = cpuMs(server);
      const run = await closedLoop(load, READS_ROUND_MS);
      runs.add(name, run);
      cpuUs.add(name, ((cpuMs(server) - before) * 1000) / run.count);
    }
  }
  const [own, same, plain] = [...runs].map(([name, of]) =>
    report.figure(
      name,
      '/s',
      of.map(({ perSecond }) => perSecond),
    ),
  );
  if (!own || !same || !plain) return;
  report.compare('against the same schemas', own, same, { atLeast: 0.6 });
  report.compare('against no schemas', own, plain);
  const [ownCpu, sameCpu] = [...cpuUs].map(([name, of]) =>
    report.figure(`processor time of one (${name})`, 'µs', of),
  );
  if (ownCpu && sameCpu)
    report.compare('processor time, the same schemas to Fairseat', sameCpu, ownCpu);
  reportSurroundings(report, Object.fromEntries(runs));
}
