import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { openTestGateway } from '@fairseat/gateways/test';
import { openEmbedded } from '@fairseat/platform/embedded';
import { freePort } from '@fairseat/servers';
import { Caller, runProgram, startProcess, temporaryFolder } from '@fairseat/test-support/process';
import { describe, expect, it } from 'vitest';

const reconcile = (flags: string[], env: Record<string, string>) =>
  runProgram('services/marketplace/reconcile.ts', env, flags);

const since = ['--since', new Date().toISOString()];

/** A paid order, and one that was cancelled unpaid. */
async function trade(url: string) {
  const seller = await new Caller(url).signUp('seller@example.com');
  const buyer = await new Caller(url).signUp('buyer@example.com');
  const hold = async () => {
    const listing = { title: 'A seat', price: 4990 };
    const ticket = (await seller.send<TicketRecord>('POST', '/api/tickets', listing))?.body;
    const order = { ticketId: ticket?.id };
    const wait = { prefer: 'wait=5' };
    return (await buyer.send<OrderRecord>('POST', '/api/orders', order, wait))?.body as OrderRecord;
  };
  const paid = await hold();
  const payment = { orderId: paid.id, token: 'pm_card_visa' };
  await buyer.send<ChargeRecord>('POST', '/api/payments', payment);
  const cancelled = await hold();
  await buyer.send('DELETE', `/api/orders/${cancelled.id}`);
  return { paid, cancelled };
}

describe('npm run reconcile', () => {
  it('names what differs, mends what has one right answer, and ends accordingly', async () => {
    using folder = temporaryFolder();
    const env = { DATA_DIR: folder.path };
    const fairseat = await startProcess(env);
    const { cancelled } = await trade(fairseat.url ?? '');
    await fairseat.end('SIGTERM');
    const right = { code: 0, errors: [], lines: ['1 payments, 0 differences'] };
    expect(await reconcile(since, env)).toEqual(right);

    const platform = openEmbedded({ dataDir: folder.path, openGateway: openTestGateway });
    const { gateway } = platform;
    const payment = { key: 'beside', orderId: cancelled.id, amount: 700, currency: 'usd' };
    const { id } = await gateway.open(payment);
    await gateway.confirm(id, 'pm_card_visa', 'beside', cancelled.id);
    await gateway.capture(id, 'beside');
    await platform.close();
    const line = `order ${cancelled.id}, payment ${id}: 700 usd were taken that no charge knows of. The order is cancelled: the money is given back`;
    const wrong = { code: 1, errors: [], lines: [line, '2 payments, 1 differences'] };
    expect(await reconcile(since, env)).toEqual(wrong);
    const lines = [`${line}: done`, '2 payments, 0 differences'];
    expect(await reconcile([...since, '--fix'], env)).toEqual({ code: 0, errors: [], lines });
    expect(await reconcile(since, env)).toMatchObject({ code: 0 });
  });

  it('compares with the local Stripe, of whose data folder it is', async () => {
    using folder = temporaryFolder();
    const env = { DATA_DIR: folder.path, PORT: String(await freePort(0)) };
    const fairseat = await startProcess(env, { flags: ['--api-only', '--local-stripe'] });
    await trade(fairseat.url ?? '');
    await fairseat.end('SIGTERM');
    const right = { code: 0, errors: [], lines: ['1 payments, 0 differences'] };
    for (const flags of [since, [...since, '--local-stripe']]) {
      expect(await reconcile(flags, env)).toEqual(right);
    }
  });

  it.each([
    [[], '--since=: expected a day such as 2026-11-01'],
    [['--since', 'yesterday'], '--since=yesterday: expected a day such as 2026-11-01'],
    [[...since, '--all'], "Unknown option '--all'. See npm run reconcile -- --help"],
    [since, 'DATA_DIR=/nowhere: there are no data of Fairseat'],
  ])('refuses %j in one line', async (flags, line) => {
    expect(await reconcile(flags, { DATA_DIR: '/nowhere' })).toEqual({
      ...{ code: 2, lines: [] },
      errors: [`Nothing is compared: ${line}`],
    });
  });
});
