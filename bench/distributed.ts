/** `npm run bench -- distributed`: the services as processes on real engines, which share this machine with them. */
import { measureCatchUp } from './catch-up.ts';
import { closedLoop, type Load, openLoop, type Run } from './load.ts';
import { CONNECTIONS, fillMarket, loadOn, reservations, signUpBuyers, supply } from './market.ts';
import { quantile } from './numbers.ts';
import { measureLocks } from './overdue.ts';
import { Processes } from './processes.ts';
import type { Replay, Replayed } from './raw.ts';
import { type Report, reportLatencies } from './report.ts';
import { residentMb, type Server, serveMarketplace } from './server.ts';

const TICKETS = 30_000;
const EMBEDDED_TICKETS = 60_000;
const ROUNDS = 3;
const ROUND_MS = 5000;
const WARM_UP_MS = 6000;
const PROBES = 300;
const HALF_LOAD_MS = 10_000;

export async function measureDistributed(report: Report) {
  report.begin('Distributed: each service a process, engines on the same machine');
  const processes = await Processes.open(TICKETS);
  try {
    const tickets = supply(reservations(processes.ticketIds, processes.cookies));
    const next = () => {
      const wire = tickets.next();
      if (wire === undefined) throw new Error('there are too few tickets for so fast a machine');
      return wire;
    };
    reportMemory(report, processes, 'when idle');
    const probes = await processes.companion('./probe.ts');
    await probes.ask(PROBES / 3);
    reportProbes(report, 'from commit to handled, idle', await probes.ask(PROBES));

    const perSecond = await compareReservations(report, processes, next);
    reportMemory(report, processes, 'under load');
    const [latencies, half] = await Promise.all([
      probes.ask(PROBES),
      openLoop(
        loadOn(processes.the('orders'), next, { connections: CONNECTIONS * 4 }),
        perSecond / 2,
        HALF_LOAD_MS,
      ),
    ]);
    reportProbes(report, 'from commit to handled, at half load', latencies);
    reportLatencies(report, 'until it awaits payment, at half load', [half]);
    await probes.stop();
    await compareReplicas(report, processes, next);
    await measureLocks(report, processes, next, perSecond);
    await measureCatchUp(report, processes);
  } finally {
    await processes.close();
  }
}

/** Embedded, the bare operations and distributed take turns. Returns the rate of distributed. */
async function compareReservations(report: Report, processes: Processes, next: Load['next']) {
  const market = await fillMarket(EMBEDDED_TICKETS);
  const embedded = await serveMarketplace(market.dataDir);
  const embeddedTickets = supply(reservations(market.ticketIds, await signUpBuyers(embedded.port)));
  const raw = await processes.companion('./raw.ts');
  report.note(`The engines' part of one reservation: ${(raw.first as string[]).join(', ')}.`);
  const ownRound = (forMs: number) => closedLoop(loadOn(processes.the('orders'), next), forMs);
  const embeddedRound = (forMs: number) =>
    closedLoop(loadOn(embedded, embeddedTickets.next), forMs);
  const rawRound = async (forMs: number): Promise<Replayed> =>
    raw.ask({ forMs, atOnce: CONNECTIONS } satisfies Replay);
  const runs = { own: [] as Run[], embedded: [] as Run[], raw: [] as Replayed[] };
  for (const warmUp of [embeddedRound, rawRound, ownRound]) await warmUp(WARM_UP_MS);
  for (let round = 0; round < ROUNDS; round++) {
    runs.embedded.push(await embeddedRound(ROUND_MS));
    runs.raw.push(await rawRound(ROUND_MS));
    runs.own.push(await ownRound(ROUND_MS));
  }
  await embedded.stop();
  await raw.stop();
  const rates = (of: { perSecond: number }[]) => of.map(({ perSecond }) => perSecond);
  const own = report.figure('distributed, until awaiting_payment', '/s', rates(runs.own));
  const whole = report.figure('embedded', '/s', rates(runs.embedded));
  const bare = report.figure('the bare operations on the engines', '/s', rates(runs.raw));
  report.compare('against embedded', own, whole);
  report.compare('against the bare operations', own, bare, { atLeast: 0.5 });
  reportLatencies(report, 'latency at full load', runs.own);
  return own.value;
}

/** Half of the connections go to each of two orders processes, while two tickets processes share the locks. */
async function compareReplicas(report: Report, processes: Processes, next: Load['next']) {
  const orders = processes.the('orders');
  const [one, two]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    one.push((await closedLoop(loadOn(orders, next), ROUND_MS)).perSecond);
    const more = [await processes.start('orders'), await processes.start('tickets')];
    const halves = [orders, more[0] as Server].map((server) =>
      loadOn(server, next, { connections: CONNECTIONS / 2 }),
    );
    await Promise.all(halves.map((half) => closedLoop(half, WARM_UP_MS / 2)));
    const both = await Promise.all(halves.map((half) => closedLoop(half, ROUND_MS)));
    two.push(both.reduce((sum, { perSecond }) => sum + perSecond, 0));
    for (const server of more) await server.stop();
  }
  const alone = report.figure('one orders, one tickets', '/s', one);
  const twice = report.figure('two orders, two tickets', '/s', two);
  report.compare('two of each against one; two cores carry all, engines too', twice, alone);
}

function reportMemory(report: Report, { services }: Processes, when: string) {
  for (const [name, server] of services) {
    report.figure(`${name}: resident ${when}`, 'MB', [residentMb(server)]);
  }
}

function reportProbes(report: Report, name: string, latenciesMs: number[]) {
  report.figure(`${name}, p50`, 'ms', [quantile(latenciesMs, 0.5)]);
  report.figure(`${name}, p99`, 'ms', [quantile(latenciesMs, 0.99)]);
}
