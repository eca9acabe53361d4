import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { Caller, runProgram, startProcess, temporaryFolder } from '@fairseat/test-support/process';
import { describe, expect, it } from 'vitest';

const TICKETS = 25;

const sayAgain = (
  flags: string[],
  env: Record<string, string>,
  onLine?: (kill: () => void) => void,
) => runProgram('services/marketplace/say-again.ts', env, flags, onLine);

async function listed(seller: Caller) {
  const pages = await seller.send<{ tickets: TicketRecord[] }>('GET', '/api/tickets?limit=100');
  return pages?.body.tickets ?? [];
}

async function sells(url: string | undefined) {
  const seller = await new Caller(url ?? '').signUp('seller@example.com');
  for (let n = 0; n < TICKETS; n++) {
    await seller.send('POST', '/api/tickets', { title: `Seat ${n}`, price: 4990 });
  }
  return seller;
}

const versions = (tickets: TicketRecord[]) => tickets.map(({ version }) => version).toSorted();
const all = (version: number) => Array.from({ length: TICKETS }, () => version);

describe('npm run say-again', () => {
  it('has all said again, where nothing else runs on the folder', async () => {
    using folder = temporaryFolder();
    const env = { DATA_DIR: folder.path };
    const first = await startProcess(env);
    await sells(first.url);
    expect(await sayAgain(['tickets'], env)).toEqual({
      code: 1,
      lines: [],
      errors: [
        expect.stringMatching(/^Nothing more is said again: .* another process is using it/),
      ],
    });
    await first.end('SIGTERM');
    expect(await sayAgain(['tickets'], env)).toEqual({
      code: 0,
      lines: expect.arrayContaining(['tickets: 25 records looked at, 25 said again, all done']),
      errors: [],
    });
    const again = await startProcess(env);
    const seller = new Caller(again.url ?? '');
    expect(versions(await listed(seller))).toEqual(all(2));
    // orders has received the new versions: it refuses nothing, and has nothing left to handle.
    const buyer = await seller.signUp('buyer@example.com');
    const [ticket] = await listed(buyer);
    const order = await buyer.send('POST', '/api/orders', { ticketId: ticket?.id });
    expect(order?.status).toBe(201);
    await again.end('SIGTERM');
  });

  it('goes on where it was killed', async () => {
    using folder = temporaryFolder();
    const env = { DATA_DIR: folder.path };
    const first = await startProcess(env);
    await sells(first.url);
    await first.end('SIGTERM');
    const slowly = ['tickets', '--per-second', '10'];
    const killed = await sayAgain(slowly, env, (kill) => kill());
    expect(killed.lines[0]).toBe('tickets: 10 records looked at, 10 said again');
    const { lines } = await sayAgain(['tickets'], env);
    expect(lines.at(-1)).toMatch(/^tickets: 25 records looked at, .*, all done$/);
    const again = await startProcess(env);
    const tickets = await listed(new Caller(again.url ?? ''));
    await again.end('SIGTERM');
    const byId = tickets.toSorted((a, b) => a.id.localeCompare(b.id));
    expect(versions(byId.slice(0, 10))).toEqual(all(2).slice(0, 10));
    expect(Math.min(...versions(byId))).toBe(2);
  });

  it.each([
    [['people'], 'people: expected one of auth, tickets, orders, expiration, payments'],
    [[], 'No service: expected one of auth, tickets, orders, expiration, payments'],
    [['tickets', '--since', 'monday'], '--since=monday: expected a day such as 2026-11-01'],
    [['tickets', '--per-second', '0'], '--per-second=0: expected a whole number from 1'],
    [['tickets'], 'DATA_DIR=/nowhere: there are no data of Fairseat'],
  ])('refuses %j in one line', async (flags, line) => {
    expect(await sayAgain(flags, { DATA_DIR: '/nowhere' })).toEqual({
      code: 1,
      lines: [],
      errors: [`Nothing more is said again: ${line}`],
    });
  });
});
