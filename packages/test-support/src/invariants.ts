/** The invariants of the marketplace, checked on stored records, without any of the services' own code. */

import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import { listingSchema, type TicketRecord } from '@fairseat/common/contracts/ticket';
import type { Platform, Stored } from '@fairseat/common/ports';

/** The part of a payments record that is checked. */
export interface StoredPayment extends Stored {
  order: OrderRecord | null;
  charge: (Omit<ChargeRecord, 'orderId'> & { token: string | null; requests?: object[] }) | null;
}

export interface GatewayRecord extends Stored {
  orderId?: string;
  status: string;
  amount: number;
  currency?: string;
  confirmations: string[];
  refundId: string | null;
  /** How much was refunded, if that was not all. */
  refunded?: number;
  /** Set once its money was held. */
  captureBefore?: number;
  /** Set once its money was on its way. */
  arrivesAt?: number;
  /** What a refund comes to, if it does not arrive at once. */
  refunding?: string;
  /** Set once the buyer has asked their bank for the money. */
  dispute?: { status: string };
}

export interface Everything {
  tickets: TicketRecord[];
  orders: OrderRecord[];
  listings: TicketRecord[];
  payments: StoredPayment[];
  gateway: GatewayRecord[];
}

export async function readEverything(platform: Platform): Promise<Everything> {
  const all = async <R extends Stored>(service: string, name: string): Promise<R[]> => {
    const table = platform.table<R>(service, { name });
    const records: R[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await table.find({ limit: 100, ...(cursor && { cursor }) });
      records.push(...page.records);
      cursor = page.nextCursor;
    }
    return records;
  };
  return {
    tickets: await all('tickets', 'tickets'),
    orders: await all('orders', 'orders'),
    listings: await all('orders', 'listings'),
    payments: await all('payments', 'payments'),
    gateway: await all('test_gateway', 'payments'),
  };
}

/** The violations, one line each. Call it once all events are handled. */
export async function violations(platform: Platform, now: number): Promise<string[]> {
  const dead = await platform.bus.deadLetters();
  return [
    ...violationsIn(await readEverything(platform), now),
    ...dead.map(({ group, reason }) => `dead letter for ${group}: ${reason}`),
  ];
}

/** The violations in records that were read before. */
export const violationsIn = (everything: Everything, now: number): string[] => [
  ...ofTickets(everything),
  ...ofMoney(everything),
  ...ofQuiet(everything, now),
];

const isSettled = ({ status }: OrderRecord) =>
  status === 'awaiting_payment' || status === 'completed';

/** A ticket has at most one holder, who gets what they saw; a completed order has sold it. */
function ofTickets({ tickets, orders }: Everything): string[] {
  const holdersOf = Map.groupBy(orders.filter(isSettled), ({ ticketId }) => ticketId);
  return tickets.flatMap((ticket) => {
    const wrong: string[] = [];
    const holders = holdersOf.get(ticket.id) ?? [];
    if (holders.length > 1) wrong.push(`ticket ${ticket.id} is held by ${holders.length} orders`);
    for (const order of holders) {
      if (ticket.orderId !== order.id) {
        wrong.push(`order ${order.id} is ${order.status}, but ticket is ${ticket.status}`);
      }
      if (order.ticket.price !== ticket.price || order.ticket.title !== ticket.title) {
        wrong.push(`ticket ${ticket.id} changed under order ${order.id}`);
      }
      if (order.userId === ticket.userId) wrong.push(`seller buys own ticket ${ticket.id}`);
      if (order.status === 'completed' && ticket.status !== 'sold') {
        wrong.push(`order ${order.id} is completed, but its ticket is ${ticket.status}`);
      }
    }
    return wrong;
  });
}

/** Completed orders have paid their price once, and cancelled ones have kept no money. */
function ofMoney({ orders, payments, gateway }: Everything): string[] {
  const paymentOf = new Map(payments.map((payment) => [payment.id, payment]));
  const atGateway = new Map(gateway.map((payment) => [payment.id, payment]));
  const known = new Set(payments.map(({ charge }) => charge?.stripeId));
  const unknown = gateway.filter(
    ({ id, status, refundId }) => status === 'succeeded' && refundId === null && !known.has(id),
  );
  const wrong = unknown.map(({ id }) => `payment ${id} took money that nobody knows of`);
  for (const order of orders) {
    const charge = paymentOf.get(order.id)?.charge;
    const real = charge?.stripeId ? atGateway.get(charge.stripeId) : undefined;
    const taken = real?.status === 'succeeded' && real.refundId === null;
    if (order.status === 'completed') {
      const right = charge?.status === 'completed' && charge.stripeRefundId === null && taken;
      if (!right) wrong.push(`order ${order.id} is completed without the money`);
      if (charge?.amount !== order.ticket.price || real?.amount !== order.ticket.price) {
        wrong.push(`order ${order.id} was charged ${charge?.amount} for ${order.ticket.price}`);
      }
    }
    if (order.status === 'cancelled') {
      // What a bank has is not ours to give back.
      if (taken && !real.dispute)
        wrong.push(`order ${order.id} is cancelled, but its money is kept`);
      if (charge?.status === 'created') wrong.push(`charge of cancelled order ${order.id} is open`);
      if (charge && charge.stripeRefundId !== (real?.refundId ?? null)) {
        wrong.push(`refund of order ${order.id} is not what the gateway did`);
      }
    }
  }
  return wrong;
}

/** The part of a ticket that orders must know: not whether it is held. */
const forSale = (ticket: TicketRecord) => {
  const isOver = ticket.status === 'sold' || ticket.status === 'withdrawn';
  return JSON.stringify([listingSchema.parse(ticket), ticket.userId, isOver]);
};

/** After all events are handled, nothing is overdue and every replica is up to date. */
function ofQuiet({ tickets, orders, listings, payments }: Everything, now: number): string[] {
  const wrong: string[] = [];
  const orderOf = new Map(orders.map((order) => [order.id, order]));
  for (const ticket of tickets) {
    const holder = ticket.orderId ? orderOf.get(ticket.orderId) : undefined;
    if (holder?.status === 'cancelled') wrong.push(`cancelled ${holder.id} holds ${ticket.id}`);
  }
  for (const order of orders) {
    const isOpen = order.status === 'created' || order.status === 'awaiting_payment';
    const isOverdue = Date.parse(order.securedAt ?? order.expiresAt) < now;
    if (isOpen && isOverdue) wrong.push(`order ${order.id} is overdue`);
    if (order.status === 'created') wrong.push(`order ${order.id} never heard of its lock`);
  }
  const ticketOf = new Map(tickets.map((ticket) => [ticket.id, ticket]));
  for (const listing of listings) {
    const ticket = ticketOf.get(listing.id);
    if (!ticket || forSale(listing) !== forSale(ticket)) wrong.push(`stale listing ${listing.id}`);
  }
  if (listings.length !== tickets.length) wrong.push('orders does not know every ticket');
  for (const { id, order } of payments) {
    if (order?.version !== orderOf.get(id)?.version) wrong.push(`stale order ${id} in payments`);
  }
  return wrong;
}
