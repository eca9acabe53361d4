/** Orders that 0.1.0 writes, which knows no places: beside replicas of today, or between two starts of theirs. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { Table, TableDefinition } from '@fairseat/common/ports';
import { openTestGateway } from '@fairseat/gateways/test';
import { openDistributed } from '@fairseat/platform/distributed';
import { openEmbedded } from '@fairseat/platform/embedded';
import { isDistributed, type TestMarketplace } from '@fairseat/test-support/marketplace';
import { openTrade } from '@fairseat/test-support/trade';
import { describe, expect, inject, it } from 'vitest';

type Order = OrderRecord & { requestHash: string | null };

/** As 0.1.0 has it. */
const definition: TableDefinition<Order> = {
  name: 'orders',
  unique: { active_ticket: (order) => (order.status !== 'cancelled' ? order.ticketId : null) },
  indexes: { buyer: (order) => order.userId },
};

/** Writes as 0.1.0 does: on one machine in place of the marketplace, on several beside it. */
async function asOlder(market: TestMarketplace, write: (orders: Table<Order>) => Promise<void>) {
  if (!isDistributed) await market.stop();
  const platform = isDistributed
    ? openDistributed({
        ...inject('servers'),
        namespace: market.namespace,
        openGateway: openTestGateway,
      })
    : openEmbedded({ dataDir: market.dataDir, openGateway: openTestGateway });
  await write(platform.table('orders', definition));
  await platform.close();
  if (!isDistributed) await market.start();
}

const limited = { env: { RATE_LIMITS: 'on', MAX_HOLDS: '1' } };

describe('an order that 0.1.0', () => {
  it('has ended lets its place go, and its ticket', async () => {
    const { market, seller, buyer, ticket } = await openTrade(undefined, limited);
    await using _ = market;
    const { id } = await buyer.holds(ticket.id);
    const [second, third] = [await seller.sells(), await seller.sells()];
    await asOlder(market, async (orders) => {
      const order = (await orders.get(id)) as Order;
      const ended = { ...order, status: 'cancelled', reason: 'expired' } as const;
      await orders.replace(order, { ...ended, version: order.version + 1 });
    });
    expect((await buyer.order(second.id)).status).toBe(201);
    expect((await buyer.order(third.id)).body.code).toBe('too_many_holds');
  });

  // Beside replicas of 0.1.0 the place is free until a query has it filled.
  (isDistributed ? () => {} : it)(
    'has changed keeps its place from the next start on',
    async () => {
      const { market, seller, buyer, ticket } = await openTrade(undefined, limited);
      await using _ = market;
      const { id } = await buyer.holds(ticket.id);
      const second = await seller.sells();
      await asOlder(market, async (orders) => {
        const order = (await orders.get(id)) as Order;
        await orders.replace(order, { ...order, version: order.version + 1 });
      });
      expect((await buyer.order(second.id)).body.code).toBe('too_many_holds');
    },
  );

  it('has placed takes no place, and is paid and let go like any other', async () => {
    const { market, seller, buyer, ticket } = await openTrade(undefined, limited);
    await using _ = market;
    const { id } = await buyer.holds(ticket.id);
    const second = await seller.sells();
    await asOlder(market, async (orders) => {
      const {
        place: _,
        hold: __,
        ...order
      } = (await orders.get(id)) as Order & {
        place: number;
        hold: number;
      };
      await orders.replace(order, { ...order, version: order.version + 1 });
    });
    expect((await buyer.order(second.id)).status).toBe(201);
    expect((await buyer.cancel(id)).status).toBe(204);
    await market.settled();
    expect((await buyer.order(ticket.id)).body.code).toBe('too_many_holds');
  });
});
