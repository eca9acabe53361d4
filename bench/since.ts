/** Measures durable reservations, and payments for them, of this tree and of another version, by default the last release, in turn. */
import { pathToFileURL } from 'node:url';
import { lastRelease } from '../tests/upgrade/versions.ts';
import { request } from './http.ts';
import { closedLoop, type Load, type Run } from './load.ts';
import { fillMarket, isHeld, isOk, loadOn, reservations, signInBuyers, supply } from './market.ts';
import { Rounds } from './numbers.ts';
import { type Report, reportLatencies, reportSurroundings } from './report.ts';
import { cpuMs, quiet, type Server, serveMarketplace, tree } from './server.ts';

/** More than the quicker side can hold in all its rounds. */
const TICKETS = 200_000;
const ROUNDS = 60;
const PAYING_ROUNDS = 20;
const ROUND_MS = 400;
const WARM_UP_MS = 10_000;
/** So many sessions are kept as verified. Few of a buyer's holds then meet a place that is taken. */
const BUYERS = 20_000;
const MAX_HOLDS = 16;
const KNOWN_WITHIN_MS = 120_000;

type Side = 'tree' | 'before';
type Sides<T> = Record<Side, T>;

/** @param before Folder of the other version's sources and dependencies. */
export async function measureSince(report: Report, before?: string) {
  const other = before ? { name: before, from: before } : await lastRelease();
  const sides = { tree: await open(tree), before: await open(pathToFileURL(`${other.from}/`)) };
  for (const { holding } of Object.values(sides)) await closedLoop(holding, WARM_UP_MS);
  const compared = (what: string, rounds: number, load: (side: Side) => Load) =>
    inTurn(report, `${what} of the working tree and of ${other.name}`, rounds, sides, load);
  const reserving = await compared('Reservations', ROUNDS, (side) => sides[side].holding);
  report.compare('processor time, tree to before', ...reserving, { atMost: 1.03 });
  const loads = { tree: sides.tree.paying(), before: sides.before.paying() };
  const paying = await compared('Payments', PAYING_ROUNDS, (side) => loads[side]);
  report.compare('processor time, tree to before', ...paying);
  for (const { server } of Object.values(sides)) await server.stop();
}

/** Returns the processor time of one on either side. */
async function inTurn(
  report: Report,
  title: string,
  rounds: number,
  sides: Sides<{ server: Server }>,
  load: (side: Side) => Load,
) {
  report.begin(`${title}, 64 connections`);
  const runs: Sides<Run[]> = { tree: [], before: [] };
  const cpuUs = new Rounds<number>();
  for (let round = 0; round < rounds; round++) {
    const order = ['tree', 'before'] as const;
    for (const side of round % 2 ? order.toReversed() : order) {
      const { server } = sides[side];
      await quiet(server);
      const used = cpuMs(server);
      const run = await closedLoop(load(side), ROUND_MS);
      if (run.count === 0) throw new Error(`${title}: there were too few requests for all rounds`);
      await quiet(server);
      runs[side].push(run);
      cpuUs.add(side, ((cpuMs(server) - used) * 1000) / run.count);
    }
  }
  const figures = (side: Side) => {
    reportLatencies(report, side, runs[side]);
    const perSecond = runs[side].map((run) => run.perSecond);
    report.figure(`${side}: a second`, '/s', perSecond);
    return report.figure(`${side}: processor time of one`, 'µs', cpuUs.of(side));
  };
  const processor = [figures('tree'), figures('before')] as const;
  reportSurroundings(report, runs);
  return processor;
}

/** Each version has a folder of its own, which it filled itself, and keeps to its limits. */
async function open(from: URL) {
  const market = await fillMarket(TICKETS, TICKETS, from);
  const env = { RATE_LIMITS: 'on', MAX_HOLDS: String(MAX_HOLDS) };
  const server = await serveMarketplace(market.dataDir, { of: from, env });
  const buyers = await signInBuyers(market.dataDir, BUYERS);
  const cookies = buyers.map(({ cookie }) => cookie);
  const cookieOf = new Map(buyers.map(({ userId, cookie }) => [userId, cookie]));
  // A session is verified once, and then known.
  const known = supply(cookies.map((cookie) => request('GET', '/api/orders', { cookie })));
  await closedLoop(loadOn(server, known.next, { isRight: isOk }), KNOWN_WITHIN_MS);
  const held: string[] = [];
  const holding = loadOn(server, supply(reservations(market.ticketIds, cookies)).next, {
    isRight: isHeld,
    onAnswer: ({ body }) => held.push(body),
  });
  const pay = (answer: string) => {
    const order = JSON.parse(answer) as { id: string; userId: string };
    const cookie = cookieOf.get(order.userId) as string;
    const body = { orderId: order.id, token: 'pm_card_visa' };
    return request('POST', '/api/payments', { cookie, body });
  };
  const paying = () => loadOn(server, supply(held.map(pay)).next, { isRight: isPaid });
  return { server, holding, paying };
}

const isPaid: Load['isRight'] = ({ status, body }) =>
  status === 201 && body.includes('"status":"completed"');
