import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { Caller, runProgram, startProcess, temporaryFolder } from '@fairseat/test-support/process';
import { describe, expect, it } from 'vitest';

const restored = (flags: string[], env: Record<string, string>) =>
  runProgram('services/marketplace/restored.ts', env, flags);

const backup = ['--backup', new Date().toISOString()];
const settled = { interval: 50, timeout: 20_000 };

describe('npm run restored', () => {
  it('has a service take everything anew, and lists by name what it cannot know', async () => {
    using folder = temporaryFolder();
    const env = { DATA_DIR: folder.path };
    const first = await startProcess(env);
    const seller = await new Caller(first.url ?? '').signUp('seller@example.com');
    const listing = { title: 'A seat', price: 4990 };
    const ticket = (await seller.send<TicketRecord>('POST', '/api/tickets', listing))?.body;
    const buyer = await new Caller(first.url ?? '').signUp('buyer@example.com');
    const wait = { prefer: 'wait=5' };
    const order = { ticketId: ticket?.id };
    const held = (await buyer.send<OrderRecord>('POST', '/api/orders', order, wait))?.body;
    await first.end('SIGTERM');

    const begunAt = Date.now();
    expect(await restored(['tickets', ...backup], env)).toEqual({
      code: 0,
      errors: [],
      lines: [
        'tickets: 0 records taken back from its events',
        'tickets: 1 records looked at, 1 said again',
        'tickets: receives again all events that are kept. Once it has, list again what is unknown',
        'tickets: 0 unknown',
      ],
    });
    expect(await restored(['payments', ...backup, '--list'], env)).toMatchObject({
      code: 0,
      errors: [],
      lines: [
        expect.stringMatching(
          `^payments: order ${held?.id}: it could be paid since the backup, .* of 4990`,
        ),
        'payments: 1 unknown',
      ],
    });
    const { lines } = await restored(['auth', ...backup, '--list'], env);
    expect(lines[0]).toMatch(/^auth: account \*: those made since .* are gone/);

    const again = await startProcess(env);
    buyer.url = again.url ?? '';
    const path = `/api/tickets/${ticket?.id}`;
    const seen = (await buyer.send<TicketRecord>('GET', path))?.body;
    expect(seen).toMatchObject({ status: 'reserved', orderId: held?.id });
    expect(seen?.version).toBeGreaterThanOrEqual(begunAt);
    const payment = { orderId: held?.id, token: 'pm_card_visa' };
    await buyer.send('POST', '/api/payments', payment);
    const status = async () => (await buyer.send<TicketRecord>('GET', path))?.body.status;
    await expect.poll(status, settled).toBe('sold');
    await again.end('SIGTERM');
  });

  it.each([
    [['people', ...backup], 'people: expected one of auth, tickets, orders, expiration, payments'],
    [['tickets'], '--backup=: expected the time of the backup, such as 2026-11-01T08:00Z'],
    [['tickets', ...backup], 'DATA_DIR=/nowhere: there are no data of Fairseat'],
  ])('refuses %j in one line', async (flags, line) => {
    expect(await restored(flags, { DATA_DIR: '/nowhere' })).toEqual({
      code: 1,
      lines: [],
      errors: [`It is not declared: ${line}`],
    });
  });
});
