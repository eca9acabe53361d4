/** Histories made by hand, to break each rule. */

import type { Stored } from '@fairseat/common/contracts/shared';
import type { AnyEvent } from '@fairseat/common/events';
import { type Exchange, subjectOf } from '../exchange.ts';
import { createPlan, type Plan } from '../plan.ts';
import { Checkers } from './checkers.ts';

const START_MS = Date.UTC(2026, 0, 1);
export const at = (ms: number) => new Date(START_MS + ms).toISOString();

export const DECLINE = { code: 'card_declined', message: 'Your card was declined.' };

type Change = Record<string, unknown>;

/** Writes one version after the other, as a service would, and passes them to the checkers. */
export class Past {
  readonly checkers: Checkers;
  readonly exchanges: Exchange[] = [];
  readonly plan: Plan;
  nowMs = START_MS;
  readonly #records = new Map<string, Stored>();
  #places = 0;

  constructor(change: Partial<Plan> = {}) {
    this.plan = {
      ...createPlan(1, { steps: 0, faults: 'none' }),
      orderExpirationSeconds: 60,
      ...change,
    };
    this.checkers = new Checkers(this.plan, () => this.nowMs);
  }

  /** The first broken rule. */
  get broken(): string | undefined {
    if (this.checkers.crash !== undefined) throw this.checkers.crash;
    return this.checkers.found?.invariant;
  }

  /** Writes the next version of a record, with events of these types. */
  write(table: string, id: string, change: Change, ...types: string[]): this {
    const before = this.#records.get(`${table} ${id}`);
    const version = (before?.version ?? 0) + 1;
    const after = { createdAt: at(0), ...before, id, version, ...change };
    const time = new Date(this.nowMs).toISOString();
    const events = types.map((type) => ({ ...eventOf(type, after), time }));
    return this.save(table, before, after, events as AnyEvent[]);
  }

  /** Saves any record, right or wrong. */
  save(table: string, before: Stored | undefined, after: Stored, events: AnyEvent[] = []): this {
    this.#records.set(`${table} ${after.id}`, after);
    const entry = { atMs: this.nowMs, process: 'orders 1', story: 'a-story' };
    this.checkers.heard({ ...entry, kind: 'write', table, before, after, events });
    return this;
  }

  record = (table: string, id: string) => this.#records.get(`${table} ${id}`) as Stored;

  ticket = (change: Change, ...types: string[]) =>
    this.write('tickets_tickets', 't', change, ...types);
  order = (change: Change, ...types: string[]) =>
    this.write('orders_orders', 'o', change, ...types);
  /** Writes the charge, whose record in payments also has the order. */
  charge(change: Change, ...types: string[]) {
    const before = this.#records.get('payments_payments o') as
      | (Stored & { charge?: Change })
      | undefined;
    const charge = {
      id: 'c',
      stripeRefundId: null,
      stripeId: null,
      token: null,
      ...before?.charge,
      ...change,
    };
    const order = this.#records.get('orders_orders o');
    return this.write('payments_payments', 'o', { order, charge }, ...types);
  }
  gateway = (change: Change) => this.write('test_gateway_payments', 'pi', change);

  listed = () =>
    this.ticket(
      { title: 'A', price: 5, userId: 'seller', orderId: null, status: 'available' },
      'ticket.created',
    );
  ordered = (change: Change = {}) =>
    this.order(
      {
        userId: 'buyer',
        ticketId: 't',
        status: 'created',
        expiresAt: at(60_000),
        ticket: { title: 'A', price: 5 },
        ...change,
      },
      'order.created',
    );
  held = () =>
    this.listed()
      .ordered()
      .ticket({ status: 'reserved', orderId: 'o' }, 'ticket.reserved')
      .order({ status: 'awaiting_payment' }, 'order.awaiting_payment');
  charging = () =>
    this.held()
      .charge({ status: 'created', amount: 5, currency: 'usd', token: 'pm_card_visa' })
      .gateway({
        status: 'unconfirmed',
        amount: 5,
        currency: 'usd',
        confirmations: [],
        refundId: null,
      })
      .charge({ stripeId: 'pi' });
  taken = () => this.charging().gateway({ status: 'succeeded', confirmations: ['k'] });
  paid = () => this.taken().charge({ status: 'completed', token: null }, 'charge.completed');
  failed = (decline: Change = DECLINE) =>
    this.charging()
      .declines(DECLINE)
      .gateway({ status: 'cancelled' })
      .charge({ status: 'failed', token: null, decline }, 'charge.failed');
  completed = () => this.paid().order({ status: 'completed' }, 'order.completed');
  sold = () => this.completed().ticket({ status: 'sold' }, 'ticket.sold');
  cancelled = (reason = 'expired') => {
    this.nowMs = START_MS + 60_000;
    const counts = reason === 'buyer' || reason === 'expired';
    const end = { status: 'cancelled', reason, ...(counts && { letGoAt: this.nowMs }) };
    return this.order(end, 'order.cancelled');
  };

  /** The orders are as they were before there was any, and nobody has received an event of one. */
  ordersGoBack(): this {
    const unsaid = ['order.created'].map((type) => ({ id: `event of ${type}` }) as AnyEvent);
    const entry = { atMs: this.nowMs, process: 'tables', story: undefined };
    this.checkers.heard({ ...entry, kind: 'went back', service: 'orders', records: {}, unsaid });
    return this;
  }

  asksGateway(call: string, ...args: unknown[]): this {
    const entry = { atMs: this.nowMs, process: 'payments 1', story: 'a-story' };
    this.checkers.heard({ ...entry, kind: 'gateway', call, args, answer: {} });
    return this;
  }

  /** The gateway tells of a decline. */
  declines(decline: Change): this {
    const entry = { atMs: this.nowMs, process: 'orders 1', story: 'a-story' };
    const answer = { status: 'unconfirmed', decline };
    this.checkers.heard({ ...entry, kind: 'gateway', call: 'find', args: ['pi'], answer });
    return this;
  }

  /** A request with an answer at once, or with none when there is no status. */
  exchange(
    asked: Pick<Exchange, 'route'> & Partial<Exchange>,
    status?: number,
    body: Change = {},
  ): this {
    const exchange: Exchange = {
      story: `story-${this.#places}`,
      person: 1,
      userId: 'buyer',
      cookie: 'cookie',
      from: ++this.#places,
      to: Number.POSITIVE_INFINITY,
      askedAtMs: this.nowMs,
      versions: this.checkers.ledger.pasts.get(subjectOf(asked))?.length ?? 0,
      ...asked,
    };
    this.exchanges.push(exchange);
    this.checkers.asked(exchange);
    if (status === undefined) return this;
    const reply = { status, body };
    Object.assign(exchange, { reply, to: ++this.#places, answeredAtMs: this.nowMs });
    this.checkers.answered(exchange);
    return this;
  }
}

function eventOf(type: string, after: Stored & Change) {
  const charge = after['charge'] as Change | undefined;
  const data = { ...after, ...(charge ?? {}), refusal: { orderId: 'o', reason: 'changed' } };
  return { id: `event of ${type}`, type, subject: after.id, version: after.version, data };
}
