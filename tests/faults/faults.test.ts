/** The short form of `npm run faults`: the most frequent faults. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { type GatewayRecord, readEverything } from '@fairseat/test-support/invariants';
import { runProgram, temporaryFolder } from '@fairseat/test-support/process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnServers, startOwnServers } from './engines.ts';
import { kill, killEngines, loseData } from './matrix.ts';
import { Person } from './person.ts';
import { backUp, restore, restoreEngine, whileStopped } from './restores.ts';
import { Stage } from './stage.ts';

/** Other tests run on the same cores; `npm run faults` requires 5 s. */
const SELLS_AGAIN_WITHIN_MS = 20_000;
const WITHIN_MS = 60_000;

describe('under a constant load of purchases', () => {
  const folder = temporaryFolder();
  const log: string[] = [];
  let servers: OwnServers;
  let stage: Stage;

  beforeAll(async () => {
    servers = await startOwnServers(folder.path, false);
    const onLine = (line: string) => log.push(line);
    stage = await Stage.open({ servers, replicas: 1, holdSeconds: 10, perSecond: 2, onLine });
  });

  afterAll(async () => {
    await stage?.close();
    for (const server of Object.values(servers ?? {})) await server?.remove();
    folder[Symbol.dispose]();
  });

  it.each([
    kill('orders', ['order.created', 'charge.completed']),
    killEngines('database', 'NATS', 'Redis'),
    loseData('NATS'),
    restore('orders', 'tickets'),
    restoreEngine('NATS'),
    restoreEngine('Redis'),
  ])('loses and doubles nothing and sells again: $name', { timeout: 180_000 }, async (fault) => {
    const { wrong, againMs } = await stage.suffer(fault);
    expect(wrong, log.slice(-50).join('\n')).toEqual([]);
    expect(againMs).not.toHaveLength(0);
    expect(againMs).not.toContain(null);
    expect(Math.max(...againMs.map(Number))).toBeLessThan(SELLS_AGAIN_WITHIN_MS);
  });

  it('sells on where a database and NATS went back together, once that is declared', async () => {
    const deadline = Date.now() + WITHIN_MS;
    const person = () => new Person(stage.services.url, { requests: 0, failed: 0, cuts: [] });
    const [seller, buyer] = [await person().signUp(deadline), await person().signUp(deadline)];
    const listing = { method: 'POST', path: '/api/tickets', body: { title: 'Gone', price: 1000 } };
    const { id } = (await seller.ask<TicketRecord>(listing, deadline)).body;
    const path = `/api/tickets/${id}`;
    const sells = (price: number) =>
      seller.ask({ method: 'PUT', path, body: { title: 'Gone', price } }, deadline);
    const listings = stage.platform.table<TicketRecord>('orders', { name: 'listings' });
    const known = (price: number) =>
      expect.poll(async () => (await listings.get(id))?.price, { timeout: WITHIN_MS }).toBe(price);
    await known(1000);
    const backupAt = new Date().toISOString();
    const putBack = await backUp(stage, 'NATS', 'tickets');
    for (const price of [2000, 3000, 4000]) await sells(price);
    await known(4000);
    await whileStopped(stage, ['tickets'], putBack);
    await sells(5000);
    const { mongodbUrl, natsUrl, redisUrl, namespace } = stage.engines;
    const env = {
      ...{ PLATFORM: 'distributed', SESSION_KEY_FILE: 'unused', NAMESPACE: namespace },
      ...{ MONGODB_URL: mongodbUrl, NATS_URL: natsUrl, REDIS_URL: redisUrl },
    };
    const flags = ['tickets', '--backup', backupAt];
    const { code, errors } = await runProgram('services/marketplace/restored.ts', env, flags);
    expect([code, errors]).toEqual([0, []]);
    await known(5000);
    const body = { ticketId: id };
    const headers = { prefer: 'wait=10' };
    const order = { method: 'POST', path: '/api/orders', body, headers };
    expect((await buyer.ask<OrderRecord>(order, deadline)).body).toMatchObject({
      status: 'awaiting_payment',
      ticket: { price: 5000 },
    });
  }, 120_000);

  it('would be seen to lose what was acknowledged, and to take money twice', async () => {
    const { orders, gateway } = await readEverything(stage.platform);
    const { table } = stage.platform;
    const order = orders.find(({ status }) => status === 'completed') as OrderRecord;
    const taken = gateway.find(({ status }) => status === 'succeeded') as GatewayRecord;
    const twice = { ...taken, id: `${taken.id}-again`, version: 1 };
    await table<GatewayRecord>('test_gateway', { name: 'payments' }).insert(twice);
    const cancelled = { ...order, status: 'cancelled' as const, version: order.version + 1 };
    await table<OrderRecord>('orders', { name: 'orders' }).replace(order, cancelled);
    const wrong = await stage.audit(0);
    expect(wrong).toContain(`payment ${twice.id} took money that nobody knows of`);
    expect(wrong).toContain(`the end of order ${order.id} was lost`);
    expect(wrong).toContain(`order ${order.id} is cancelled, but its money is kept`);
  });
});
