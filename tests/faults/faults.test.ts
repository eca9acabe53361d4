/** The short form of `npm run faults`: the most frequent faults. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import { type GatewayRecord, readEverything } from '@fairseat/test-support/invariants';
import { temporaryFolder } from '@fairseat/test-support/process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnServers, startOwnServers } from './engines.ts';
import { kill, killEngines, loseData } from './matrix.ts';
import { Stage } from './stage.ts';

/** Other tests run on the same cores; `npm run faults` requires 5 s. */
const SELLS_AGAIN_WITHIN_MS = 20_000;

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
  ])('loses and doubles nothing and sells again: $name', { timeout: 180_000 }, async (fault) => {
    const { wrong, againMs } = await stage.suffer(fault);
    expect(wrong, log.slice(-50).join('\n')).toEqual([]);
    expect(againMs).not.toHaveLength(0);
    expect(againMs).not.toContain(null);
    expect(Math.max(...againMs.map(Number))).toBeLessThan(SELLS_AGAIN_WITHIN_MS);
  });

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
