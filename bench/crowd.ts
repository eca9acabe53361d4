/** Measures a thousand buyers at once, on one ticket and on a thousand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSessionSigner } from '@fairseat/common/kit';
import { type Answer, type Connection, openAll, request } from './http.ts';
import { fillMarket, isHeld, reserve } from './market.ts';
import type { Report } from './report.ts';
import { quiet, serveMarketplace } from './server.ts';

const BUYERS = 1000;
const ROUNDS = 7;

export async function measureCrowd(report: Report) {
  report.begin(`${BUYERS} buyers at once: until the last has an answer`);
  const { dataDir, ticketIds } = await fillMarket((ROUNDS + 2) * (BUYERS + 1));
  const server = await serveMarketplace(dataDir);
  const cookies = await signIn(dataDir);
  const connections = await openAll(server.port, BUYERS);
  // The server has verified each buyer's session before the clock starts.
  const visits = cookies.map((cookie) => request('GET', '/api/users/currentuser', { cookie }));
  await allAtOnce(connections, visits);

  const times = { one: [] as number[], many: [] as number[] };
  let used = 0;
  const onMany = () => cookies.map((cookie) => reserve(ticketIds[used++] as string, cookie));
  const onOne = () => {
    const ticketId = ticketIds[used++] as string;
    return cookies.map((cookie) => reserve(ticketId, cookie));
  };
  for (let round = -2; round < ROUNDS; round++) {
    const many = await allAtOnce(connections, onMany());
    expectHolders(many.answers, BUYERS);
    await quiet(server);
    const one = await allAtOnce(connections, onOne());
    expectHolders(one.answers, 1);
    await quiet(server);
    // The first rounds warm up the compiler.
    if (round < 0) continue;
    times.many.push(many.ms);
    times.one.push(one.ms);
  }
  const one = report.figure('on one ticket: one holds it, all others get 409', 'ms', times.one);
  const many = report.figure('on as many tickets: all hold theirs', 'ms', times.many);
  report.compare('one ticket against many', one, many);
  for (const connection of connections) connection.close();
  await server.stop();
}

/** A session for each buyer, signed here, since signing up so many would measure password hashing. */
async function signIn(dataDir: string): Promise<string[]> {
  const key = JSON.parse(readFileSync(join(dataDir, 'session-key.json'), 'utf8'));
  const sign = await createSessionSigner(key, { now: Date.now });
  const idOf = (prefix: string, buyer: number) => prefix + buyer.toString(16).padStart(31, '0');
  return Promise.all(
    Array.from(
      { length: BUYERS },
      async (_, buyer) => `session=${await sign(idOf('b', buyer), idOf('c', buyer))}`,
    ),
  );
}

async function allAtOnce(connections: Connection[], wires: string[]) {
  const startedAt = performance.now();
  const answers = await Promise.all(
    wires.map((wire, index) => (connections[index] as Connection).send(wire)),
  );
  return { answers, ms: performance.now() - startedAt };
}

function expectHolders(answers: Answer[], count: number) {
  const refused = answers.filter(({ status }) => status === 409).length;
  const held = answers.filter(isHeld).length;
  if (held !== count || held + refused !== answers.length) {
    throw new Error(`${held} hold a ticket and ${refused} were refused, of ${answers.length}`);
  }
}
