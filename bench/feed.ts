/** Measures the feed: a thousand events a second to a hundred listeners, one of whom sleeps, and what buyers notice of it. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { addKey } from '@fairseat/feed';
import { RegistryFile } from '@fairseat/platform/embedded';
import { openLoop, type Run } from './load.ts';
import { fillMarket, isHeld, reservations, signUpBuyers, supply } from './market.ts';
import { Rounds } from './numbers.ts';
import { type Report, reportLatencies } from './report.ts';
import { cpuMs, quiet, residentMb, serveMarketplace } from './server.ts';

const LISTENERS = 100;
/** Each is three events: ordered, the ticket locked, and to be paid. */
const RESERVATIONS_PER_SECOND = 334;
const EVENTS_EACH = 3;
const ROUNDS = 5;
const ROUND_MS = 6000;
const WARM_UP_MS = 5000;
const CONNECTIONS = 64;
const HEARD_WITHIN_MS = 20_000;

export async function measureFeed(report: Report) {
  report.begin(`${LISTENERS} listeners, one of them asleep, at 1,000 events a second`);
  const count = (RESERVATIONS_PER_SECOND * (WARM_UP_MS + 2 * ROUNDS * ROUND_MS)) / 1000;
  const market = await fillMarket(Math.ceil(count * 1.1));
  const server = await serveMarketplace(market.dataDir);
  const key = await makeKey(market.dataDir);
  const cookies = await signUpBuyers(server.port);
  const { next } = supply(reservations(market.ticketIds, cookies));
  const load = { port: server.port, connections: CONNECTIONS, next, isRight: isHeld };
  const reserve = (forMs: number) => openLoop(load, RESERVATIONS_PER_SECOND, forMs);

  await reserve(WARM_UP_MS);
  const runs = { without: [] as Run[], with: [] as Run[] };
  const cpuMsEach = new Rounds<number>();
  const resident: number[] = [];
  const late: number[] = [];
  const measured = async (name: keyof typeof runs) => {
    const before = cpuMs(server);
    const run = await reserve(ROUND_MS);
    runs[name].push(run);
    cpuMsEach.add(name, (cpuMs(server) - before) / (ROUND_MS / 1000));
    return run;
  };
  for (let round = 0; round < ROUNDS; round++) {
    await measured('without');
    await quiet(server);
    const listeners = await openListeners(server.port, key);
    const [sleeper, ...others] = listeners as [Listener, ...Listener[]];
    sleeper.sleep();
    const run = await measured('with');
    const endedAt = performance.now();
    await Promise.all(others.map((listener) => listener.until(run.count * EVENTS_EACH)));
    late.push(performance.now() - endedAt);
    resident.push(residentMb(server));
    sleeper.wake();
    await sleeper.until(run.count * EVENTS_EACH);
    for (const listener of listeners) listener.close();
    await quiet(server);
  }
  const rates = (of: Run[]) => of.map(({ perSecond }) => perSecond);
  const alone = report.figure('reservations, nobody listens', '/s', rates(runs.without));
  const heard = report.figure('reservations, all listen', '/s', rates(runs.with));
  report.compare('with listeners against without', heard, alone, { atLeast: 0.95 });
  reportLatencies(report, 'latency, nobody listens', runs.without);
  reportLatencies(report, 'latency, all listen', runs.with);
  report.figure('from the last answer until all have heard it', 'ms', late);
  for (const [name, times] of cpuMsEach) {
    report.figure(`processor time a second, ${name} listeners`, 'ms', times);
  }
  report.figure('resident memory of the server, round by round', 'MB', resident);
  await server.stop();
}

async function makeKey(dataDir: string): Promise<string> {
  const file = new RegistryFile(dataDir);
  const key = { name: 'bench', types: '*', createdAt: new Date().toISOString() };
  const secret = await addKey(file.registry('feed'), key);
  file.close();
  return secret ?? '';
}

/** Counts the events of one stream, and that none is missing between two. */
class Listener {
  readonly #socket: Socket;
  #count = 0;
  #last = 0;
  #rest = '';

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', (text: string) => this.#take(text));
  }

  sleep() {
    this.#socket.pause();
  }

  wake() {
    this.#socket.resume();
  }

  async until(count: number) {
    for (const startedAt = performance.now(); this.#count < count; ) {
      if (performance.now() - startedAt > HEARD_WITHIN_MS) {
        throw new Error(`a listener has heard ${this.#count} of ${count} events`);
      }
      await sleep(5);
    }
  }

  close() {
    this.#socket.destroy();
  }

  #take(text: string) {
    const all = this.#rest + text;
    let from = 0;
    for (;;) {
      const at = all.indexOf('\nid: ', from);
      const end = at < 0 ? -1 : all.indexOf('\n', at + 5);
      if (end < 0) break;
      const number = Number(all.slice(at + 5, end));
      // A beat says again how far it is.
      if (number !== this.#last) this.#count += 1;
      if (this.#last !== 0 && number > this.#last + 1) throw new Error('an event is missing');
      this.#last = number;
      from = end;
    }
    this.#rest = all.slice(from);
  }
}

async function openListeners(port: number, key: string): Promise<Listener[]> {
  const wire = `GET /api/feed HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${key}\r\n\r\n`;
  return Promise.all(
    Array.from({ length: LISTENERS }, async () => {
      const { promise, resolve, reject } = Promise.withResolvers<Socket>();
      const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', reject);
      await promise;
      const begun = new Promise((heard) => {
        socket.once('data', heard);
      });
      socket.write(wire);
      await begun;
      return new Listener(socket);
    }),
  );
}
