/** A database goes back to a backup, and all services come to agree again. */
import { cpSync, rmSync } from 'node:fs';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { healed } from '@fairseat/test-support/disturbances';
import { isDistributed, TestMarketplace } from '@fairseat/test-support/marketplace';
import { copyDatabase } from '@fairseat/test-support/namespaces';
import { describe, expect, inject, it } from 'vitest';

const WITHIN_SECONDS = 120;
const MARKED_MS = 5000;

/** A hold before the backup; then, until the restore, all that may happen. */
async function traded(market: TestMarketplace) {
  const [seller, buyer, other] = [
    await market.person(),
    await market.person(),
    await market.person(),
  ];
  const [a, b] = [await seller.sells('A'), await seller.sells('B')];
  const [held, toCancel] = [await buyer.holds(a.id), await buyer.holds(b.id)];
  await market.settled();
  market.clock.advance(MARKED_MS);
  await market.settled();
  return {
    ...{ seller, buyer, other, a, b, held },
    async goOn() {
      expect((await buyer.pay(held.id)).body.status).toBe('completed');
      await buyer.cancel(toCancel.id);
      await market.settled();
      const next = await other.holds(b.id);
      const c = await seller.sells('C');
      const d = await seller.sells('D');
      const paid = await other.holds(d.id);
      await other.pay(paid.id);
      await market.settled();
      const endedSession = seller.cookie;
      await seller.post('/api/users/signout', {});
      await market.settled();
      const versions = {
        order: (await buyer.seesOrder(held.id)).version,
        ticket: (await buyer.seesTicket(a.id)).version,
      };
      return { c, next, paid, versions, endedSession };
    },
  };
}

const parts = [
  { services: ['orders'] },
  { services: ['tickets'] },
  { services: ['payments'] },
  { services: ['auth'] },
  { services: ['orders', 'tickets'] },
];

(isDistributed ? describe : () => {})('a database that goes back to a backup', () => {
  it.each(parts)('loses nothing that was published (%j)', async ({ services }) => {
    await using market = await TestMarketplace.open();
    const trade = await traded(market);
    const { mongodbUrl } = inject('servers');
    const names = services.map((service) => `${market.namespace}_${service}`);
    const backups = await Promise.all(names.map((name) => copyDatabase(mongodbUrl, name)));
    const since = await trade.goOn();
    await market.stop();
    for (const putBack of backups) await putBack();
    await market.start();

    expect(await healed(market, WITHIN_SECONDS)).toEqual([]);
    const { buyer, other, held, a, b } = trade;
    expect(await buyer.seesOrder(held.id)).toMatchObject({ status: 'completed' });
    expect(await buyer.seesTicket(a.id)).toMatchObject({ status: 'sold', orderId: held.id });
    expect(await other.seesOrder(since.paid.id)).toMatchObject({ status: 'completed' });
    expect(await other.seesCharge(since.paid.id)).toMatchObject({ status: 'completed' });
    expect((await other.pay(since.next.id)).body.status).toBe('completed');
    expect(await healed(market, WITHIN_SECONDS)).toEqual([]);
    expect(await other.seesTicket(b.id)).toMatchObject({ status: 'sold', orderId: since.next.id });
    trade.seller.cookie = since.endedSession;
    expect((await trade.seller.get('/api/orders')).status).toBe(401);
    expect(await buyer.holds(since.c.id)).toMatchObject({ status: 'awaiting_payment' });
    // Whatever was taken back is a version that nobody had seen.
    const anew = (service: string) => (services.includes(service) ? 1 : 0);
    const [order, ticket] = [await buyer.seesOrder(held.id), await buyer.seesTicket(a.id)];
    expect(order.version).toBeGreaterThanOrEqual(since.versions.order + anew('orders'));
    expect(ticket.version).toBeGreaterThanOrEqual(since.versions.ticket + anew('tickets'));
    expect(await market.platform.bus.deadLetters()).toEqual([]);
  });
});

(isDistributed ? () => {} : describe)('a data folder that goes back to a backup', () => {
  it('is consistent by itself, as if what came after had not happened', async () => {
    await using market = await TestMarketplace.open();
    const trade = await traded(market);
    await market.stop();
    const backup = `${market.dataDir}-backup`;
    cpSync(market.dataDir, backup, { recursive: true });
    await market.start();
    const since = await trade.goOn();
    await market.stop();
    rmSync(market.dataDir, { recursive: true });
    cpSync(backup, market.dataDir, { recursive: true });
    rmSync(backup, { recursive: true });
    await market.start();

    expect(await healed(market)).toEqual([]);
    const { buyer, other, held } = trade;
    expect(await buyer.seesOrder(held.id)).toMatchObject({ status: 'awaiting_payment' });
    const c = await buyer.get<TicketRecord>(`/api/tickets/${since.c.id}`);
    expect([c.status, (await other.order(since.c.id)).status]).toEqual([404, 404]);
    expect((await buyer.pay(held.id)).body.status).toBe('completed');
    await market.settled();
    expect(await buyer.seesTicket(trade.a.id)).toMatchObject({ status: 'sold' });
    expect(await healed(market)).toEqual([]);
  });
});
