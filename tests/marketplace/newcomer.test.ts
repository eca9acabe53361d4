import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import type { EventData } from '@fairseat/common/events';
import {
  createDevices,
  createHost,
  createLog,
  createSessionKey,
  defineService,
  readConfig,
} from '@fairseat/common/kit';
import { openTestGateway } from '@fairseat/gateways/test';
import { createServices } from '@fairseat/marketplace/services';
import { openEmbedded } from '@fairseat/platform/embedded';
import { TestMarketplace } from '@fairseat/test-support/marketplace';
import { expect, it } from 'vitest';

const FORTY_DAYS_MS = 40 * 24 * 60 * 60 * 1000;
const TICKETS = 120;

/** Keeps replicas of tickets and orders, and does nothing with them. */
const catalogue = defineService({
  name: 'catalogue',
  prefixes: [],
  needs: [],
  hears: ['ticket.created', 'ticket.updated', 'ticket.sold', 'order.completed'],
  build({ table }) {
    type Ticket = EventData<'ticket.created'>;
    const tickets = table<Ticket>({ name: 'tickets' });
    const orders = table<EventData<'order.completed'>>({ name: 'orders' });
    const keepTicket = ({ data }: { data: Ticket }) => tickets.keepNewest(data);
    return {
      handlers: {
        'ticket.created': keepTicket,
        'ticket.updated': keepTicket,
        'ticket.sold': keepTicket,
        'order.completed': ({ data }) => orders.keepNewest(data),
      },
    };
  },
});

it('a service that is added after forty days has complete replicas', async () => {
  await using market = await TestMarketplace.open();
  const [seller, buyer] = [await market.person(), await market.person()];
  for (let n = 0; n < TICKETS; n++) await seller.sells();
  const { tickets } = (await buyer.get<{ tickets: TicketRecord[] }>('/api/tickets')).body;
  const order = await buyer.holds(tickets[0]?.id ?? '');
  await buyer.pay(order.id);
  await market.settled();
  market.clock.advance(FORTY_DAYS_MS);
  await market.stop();

  const { clock, dataDir } = market;
  const platform = openEmbedded({ dataDir, clock, openGateway: openTestGateway });
  const config = readConfig({ LOG_LEVEL: 'silent' });
  const host = await createHost([...createServices(), catalogue], {
    platform,
    config,
    log: createLog('silent'),
    verifySession: async () => null,
    signSession: async () => '',
    devices: await createDevices(await createSessionKey(), clock),
  });
  await host.start();
  const replicas = platform.table<TicketRecord>('catalogue', { name: 'tickets' });
  await expect.poll(async () => (await replicas.walk('', 500)).length).toBe(TICKETS);
  await expect.poll(() => replicas.get(order.ticketId)).toMatchObject({ status: 'sold' });
  const kept = platform.table<OrderRecord>('catalogue', { name: 'orders' });
  await expect.poll(() => kept.get(order.id)).toMatchObject({ status: 'completed' });
  await host.stop();
});
