/** The saved records, from the history of the engines alone. All rules are checked against them. */

import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { Stored } from '@fairseat/common/contracts/shared';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import type { AnyEvent } from '@fairseat/common/events';
import type { Entry } from '@fairseat/platform/simulated';
import type { Everything, GatewayRecord, StoredPayment } from '@fairseat/test-support/invariants';

export type Write = Extract<Entry, { kind: 'write' }>;

/** An order as orders saves it. */
export type SavedOrder = OrderRecord & { letGoAt?: number };

interface LetGo {
  orderId: string;
  letGoAt: number;
}

export const isUnpaid = ({ status }: OrderRecord) =>
  status === 'created' || status === 'awaiting_payment';

/** A buyer and a ticket. */
export const pairOf = ({ userId, ticketId }: Pick<OrderRecord, 'userId' | 'ticketId'>) =>
  `${userId} ${ticketId}`;

export type Account = Stored & { email: string };

/** Addresses that differ only in letter case are the same. */
export const addressOf = ({ email }: { email: string }) => email.toLowerCase();

function replace<R>(records: Map<string, R>, id: string, record: R | undefined) {
  if (record) records.set(id, record);
  else records.delete(id);
}

export class Ledger {
  readonly tickets = new Map<string, TicketRecord>();
  readonly orders = new Map<string, OrderRecord>();
  readonly listings = new Map<string, TicketRecord>();
  readonly payments = new Map<string, StoredPayment>();
  readonly gateway = new Map<string, GatewayRecord>();
  readonly users = new Map<string, Account>();
  readonly accountOf = new Map<string, string>();
  /** Every version of each ticket and order, in their order. A restore leaves numbers out. */
  readonly pasts = new Map<string, Stored[]>();
  /** By ticket: the order that keeps all others from it. */
  readonly activeOrderOf = new Map<string, string>();
  /** By payment at the gateway: its order, as payments has saved it. */
  readonly orderOfPayment = new Map<string, string>();
  /** By order: the story of the request that placed it. */
  readonly makerOf = new Map<string, string | undefined>();
  /** Orders to which tickets refused the lock. */
  readonly refused = new Set<string>();
  /** By order: the true time at which it was placed. */
  readonly placedAtMs = new Map<string, number>();
  /** By order: the true time at which it was paid or cancelled. */
  readonly endedAtMs = new Map<string, number>();
  /** By buyer and ticket: orders that ended unpaid through the buyer, as saved then. */
  readonly letGo = new Map<string, LetGo[]>();
  /** By order: the true time until which a payment was under way; infinite while one is. */
  readonly payingUntilMs = new Map<string, number>();
  /** Events saved with records: type by id. */
  readonly said = new Map<string, string>();
  /** Orders that are neither paid nor cancelled. */
  readonly unended = new Set<string>();
  /** Ids of records that a restore changed. */
  readonly touched = new Set<string>();
  /** By `table id`: when a restore took a version that nobody else knew. */
  readonly undone = new Map<string, number>();
  /** Tickets of orders that lost such a version. */
  readonly undoneHolds = new Set<string>();

  record({ table, after, events, story, atMs }: Write): void {
    for (const { id, type } of events) this.said.set(id, type);
    if (table === 'orders_orders' && after.version === 1) this.placedAtMs.set(after.id, atMs);
    switch (table) {
      case 'tickets_tickets':
        this.#recordTicket(after as TicketRecord, events);
        return;
      case 'orders_orders':
        this.#recordOrder(after as SavedOrder, story, atMs);
        return;
      case 'orders_listings':
        this.listings.set(after.id, after as TicketRecord);
        return;
      case 'payments_payments': {
        const payment = after as StoredPayment;
        this.#recordPaying(payment, atMs);
        this.payments.set(payment.id, payment);
        if (payment.charge?.stripeId) this.orderOfPayment.set(payment.charge.stripeId, payment.id);
        return;
      }
      case 'test_gateway_payments':
        this.gateway.set(after.id, after as GatewayRecord);
        return;
      case 'auth_users':
        this.users.set(after.id, after as Account);
        this.accountOf.set(addressOf(after as Account), after.id);
    }
  }

  /** Returns the record at that version. */
  past<R extends Stored>(id: string, version: number): R | undefined {
    return this.pasts.get(id)?.findLast((past) => past.version === version) as R | undefined;
  }

  /** The newest version of a ticket or order; 0 before the first. */
  latest = (id: string): number => this.pasts.get(id)?.at(-1)?.version ?? 0;

  /** The records of a table of the services' own. */
  all(table: string): Stored[] {
    if (table === 'tickets_tickets') return [...this.tickets.values()];
    if (table === 'orders_orders') return [...this.orders.values()];
    return [...this.payments.values()];
  }

  usersWentBack(users: readonly Stored[]) {
    this.users.clear();
    this.accountOf.clear();
    for (const user of users as Account[]) {
      this.users.set(user.id, user);
      this.accountOf.set(addressOf(user), user.id);
    }
  }

  listingsWentBack(listings: readonly Stored[]) {
    this.listings.clear();
    for (const listing of listings) this.listings.set(listing.id, listing as TicketRecord);
  }

  /** Has the record as it is after a restore, if it is at all. */
  setBack(table: string, id: string, record: Stored | undefined) {
    // A payment has the id of its order.
    const past = table === 'payments_payments' ? undefined : this.pasts.get(id);
    past?.splice(past.findLastIndex(({ version }) => version <= (record?.version ?? 0)) + 1);
    if (table === 'tickets_tickets') replace(this.tickets, id, record as TicketRecord | undefined);
    if (table === 'payments_payments') {
      replace(this.payments, id, record as StoredPayment | undefined);
      this.payingUntilMs.set(id, Number.POSITIVE_INFINITY);
    }
    if (table !== 'orders_orders') return;
    const { ticketId = '' } = this.orders.get(id) ?? {};
    this.undoneHolds.add(ticketId);
    if (this.activeOrderOf.get(ticketId) === id) this.activeOrderOf.delete(ticketId);
    this.unended.delete(id);
    replace(this.orders, id, record as OrderRecord | undefined);
    if (record) this.#noteState(record as OrderRecord);
  }

  everything(): Everything {
    return {
      tickets: [...this.tickets.values()],
      orders: [...this.orders.values()],
      listings: [...this.listings.values()],
      payments: [...this.payments.values()],
      gateway: [...this.gateway.values()],
    };
  }

  #recordTicket(ticket: TicketRecord, events: readonly AnyEvent[]) {
    this.tickets.set(ticket.id, ticket);
    this.#keepPast(ticket);
    for (const event of events) {
      if (event.type === 'ticket.refused') this.refused.add(event.data.refusal.orderId);
    }
  }

  #recordPaying({ id, charge }: StoredPayment, atMs: number) {
    if (charge?.token) this.payingUntilMs.set(id, Number.POSITIVE_INFINITY);
    else if (this.payments.get(id)?.charge?.token) this.payingUntilMs.set(id, atMs);
  }

  #recordOrder(order: SavedOrder, story: string | undefined, atMs: number) {
    if (!isUnpaid(order) && this.unended.has(order.id)) this.#recordEnd(order, atMs);
    if (order.version === 1) this.makerOf.set(order.id, story);
    this.orders.set(order.id, order);
    this.#keepPast(order);
    this.#noteState(order);
  }

  #noteState({ id, ticketId, status }: OrderRecord) {
    if (status !== 'cancelled') this.activeOrderOf.set(ticketId, id);
    else if (this.activeOrderOf.get(ticketId) === id) this.activeOrderOf.delete(ticketId);
    if (status === 'cancelled' || status === 'completed') this.unended.delete(id);
    else this.unended.add(id);
  }

  #recordEnd(order: SavedOrder, atMs: number) {
    this.endedAtMs.set(order.id, atMs);
    const { reason, letGoAt } = order;
    if (letGoAt === undefined || (reason !== 'buyer' && reason !== 'expired')) return;
    const pair = pairOf(order);
    this.letGo.set(pair, [...(this.letGo.get(pair) ?? []), { orderId: order.id, letGoAt }]);
  }

  #keepPast(record: Stored) {
    const past = this.pasts.get(record.id);
    if (past) past.push(record);
    else this.pasts.set(record.id, [record]);
  }
}
