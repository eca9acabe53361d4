/** Measures whether a table of a million tickets is as fast as one of a thousand. */
import { once, request } from './http.ts';
import { closedLoop, type Run } from './load.ts';
import { cycle, fillMarket, isOk, loadOn, reservations, signUpBuyers, supply } from './market.ts';
import { Rounds } from './numbers.ts';
import { type Report, reportSurroundings } from './report.ts';
import { quiet, type Server, serveMarketplace } from './server.ts';

const SIZES = { '1k': 1000, '100k': 100_000, '1M': 1_000_000 };
/** Nearly all tickets of the smallest table. They are cancelled after each round and serve again. */
const RESERVED = 900;
const ROUNDS = 7;
const WARM_UP_ROUNDS = 2;
const READ_MS = 250;
const ATMOST = 1.3;

const reads = {
  'first page': '/api/tickets',
  'first page of what is available': '/api/tickets?available=true',
  'deep page': '/api/tickets?cursor=',
  'search for one word': '/api/tickets?q=evening',
  'search for two words': '/api/tickets?q=evening+festival',
};

interface Grown {
  size: string;
  server: Server;
  cookies: string[];
  ticketIds: string[];
  runs: Rounds<Run>;
  paths: Record<string, string>;
}

export async function measureGrowth(report: Report) {
  report.begin('Growth: µs for each request, by tickets in the table');
  const grown: Grown[] = [];
  for (const [size, count] of Object.entries(SIZES)) grown.push(await grow(size, count));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const each of grown) await readAll(each);
    for (const each of grown) await reserveSome(each);
    // The first rounds warm up the compiler.
    if (round < 0) for (const { runs } of grown) runs.clear();
  }
  for (const name of [...Object.keys(reads), 'reserve']) reportOne(report, name, grown);
  reportSurroundings(report, { reserve: grown.flatMap(({ runs }) => runs.of('reserve')) });
  for (const { server } of grown) await server.stop();
}

async function grow(size: string, count: number): Promise<Grown> {
  const { dataDir, ticketIds } = await fillMarket(count, RESERVED);
  const server = await serveMarketplace(dataDir);
  const cookies = await signUpBuyers(server.port);
  // A search for the word that occurs only in the middle of the list gives a cursor that leads there.
  const halfway = request('GET', '/api/tickets?q=halfway&limit=1');
  const { nextCursor } = JSON.parse((await once(server.port, halfway, 200)).body);
  const paths = { ...reads, 'deep page': `${reads['deep page']}${nextCursor}` };
  return { size, server, cookies, ticketIds, runs: new Rounds(), paths };
}

async function readAll({ server, runs, paths }: Grown) {
  for (const [name, path] of Object.entries(paths)) {
    const next = cycle([request('GET', path)]);
    runs.add(
      name,
      await closedLoop(loadOn(server, next, { connections: 16, isRight: isOk }), READ_MS),
    );
  }
}

async function reserveSome({ server, runs, cookies, ticketIds }: Grown) {
  const orders: string[] = [];
  const load = loadOn(server, supply(reservations(ticketIds, cookies)).next, {
    onAnswer: ({ body }) => orders.push(body),
  });
  const run = await closedLoop(load, 10_000);
  runs.add('reserve', run);
  await quiet(server);
  const owners = new Map(ticketIds.map((id, index) => [id, cookies[index % cookies.length]]));
  const cancellations = orders.map((body) => {
    const { id, ticketId } = JSON.parse(body);
    return request('DELETE', `/api/orders/${id}`, { cookie: owners.get(ticketId) ?? '' });
  });
  const { next } = supply(cancellations);
  await closedLoop(loadOn(server, next, { isRight: ({ status }) => status === 204 }), 10_000);
  await quiet(server);
}

function reportOne(report: Report, name: string, grown: Grown[]) {
  const [smallest, ...others] = grown.map(({ size, runs }) =>
    report.figure(
      `${name}, ${size}`,
      'µs',
      runs.of(name).map(({ perSecond }) => 1e6 / perSecond),
    ),
  );
  // The results of a search grow with the table until they fill a page, so searches have no limit here.
  const limits = name.startsWith('search') ? {} : { atMost: ATMOST };
  for (const [index, figure] of others.entries()) {
    if (smallest)
      report.compare(`${name}, ${grown[index + 1]?.size} to 1k`, figure, smallest, limits);
  }
}
