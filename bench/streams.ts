/** Measures thousands of browsers on one ticket: the cost of each, and the time until all have received a change. */
import { connect, type Socket } from 'node:net';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { Connection, once, request } from './http.ts';
import { signUpBuyers } from './market.ts';
import { quantile, Rounds } from './numbers.ts';
import type { Report } from './report.ts';
import { cpuMs, newFolder, quiet, residentMb, serveMarketplace } from './server.ts';

const STREAMS = 2000;
const WARM_UP = 200;
const ROUNDS = 15;

export async function measureStreams(report: Report) {
  report.begin(`${STREAMS} open live streams on one process`);
  const server = await serveMarketplace(newFolder());
  const [cookie = ''] = await signUpBuyers(server.port);
  const listing = { title: 'Row 12 seat 7', price: 4990 };
  const listed = request('POST', '/api/tickets', { cookie, body: listing });
  const { id }: TicketRecord = JSON.parse((await once(server.port, listed, 201)).body);

  // The first streams pay costs that occur only once, so they are not counted.
  for (const stream of await openStreams(server.port, id, WARM_UP)) stream.close();
  await quiet(server);
  const idleMb = residentMb(server);
  const streams = await openStreams(server.port, id, STREAMS);
  await quiet(server);
  const kbEach = ((residentMb(server) - idleMb) * 1024) / STREAMS;
  report.figure('resident memory a stream', 'KiB', [kbEach]);

  const seller = await Connection.open(server.port);
  const measured = new Rounds<number>();
  for (let round = -3; round < ROUNDS; round++) {
    const price = 5000 + round;
    const edit = request('PUT', `/api/tickets/${id}`, { cookie, body: { ...listing, price } });
    const cpuBefore = cpuMs(server);
    const told = streams.map((stream) => stream.hears(`"price":${price},`));
    const startedAt = performance.now();
    const answer = await seller.send(edit);
    if (answer.status !== 200) throw new Error(answer.body);
    const times = (await Promise.all(told)).map((at) => at - startedAt);
    await quiet(server);
    if (round < 0) continue;
    measured.add('from the request of the seller to the first told', Math.min(...times));
    measured.add('… to half of them', quantile(times, 0.5));
    measured.add('… to all of them', Math.max(...times));
    measured.add('processor time of the server for all', cpuMs(server) - cpuBefore);
  }
  for (const [name, times] of measured) report.figure(name, 'ms', times);
  seller.close();
  for (const stream of streams) stream.close();
  await server.stop();
}

class Stream {
  readonly #socket: Socket;
  #awaited = '';
  #hear = (_at: number) => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    // Every message is so small that it arrives in one piece.
    socket.setEncoding('latin1').on('data', (text: string) => {
      if (this.#awaited && text.includes(this.#awaited)) this.#hear(performance.now());
    });
  }

  /** Resolves to the time at which the text arrives. */
  hears(text: string): Promise<number> {
    this.#awaited = text;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#hear = resolve;
    return promise;
  }

  close() {
    this.#socket.destroy();
  }
}

async function openStreams(port: number, ticketId: string, count: number): Promise<Stream[]> {
  const wire = request('GET', `/api/live?tickets=${ticketId}`);
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { promise, resolve, reject } = Promise.withResolvers<Socket>();
      const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', reject);
      const stream = new Stream(await promise);
      const reset = stream.hears('event: reset');
      socket.write(wire);
      await reset;
      return stream;
    }),
  );
}
