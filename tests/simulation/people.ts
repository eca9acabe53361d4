/** The people of a run, and the tickets and orders that they know from answers. */
import { type Ask, bodyOf, type Exchange, type ReplyBody } from './exchange.ts';

export interface Person {
  number: number;
  email: string;
  userId: string;
  cookie: string | undefined;
  /** The requests that the person sent with a key. */
  keyed: Ask[];
}

export interface KnownTicket {
  id: string;
  seller: number;
  price: number;
  /** True once an answer has shown that it is sold or withdrawn. */
  isOver: boolean;
}

export interface KnownOrder {
  id: string;
  buyer: number;
  ticketId: string;
  expiresAtMs: number;
  isOver: boolean;
  /** The id of the payment at the gateway, once the bank asks the buyer to confirm it. */
  paymentId?: string;
}

/** An order counts as open for this long after its end, so that some people pay too late. */
const LATE_MS = 4000;

export class Market {
  readonly people: Person[];
  readonly tickets: KnownTicket[] = [];
  readonly orders: KnownOrder[] = [];
  readonly #ticketById = new Map<string, KnownTicket>();
  readonly #orderById = new Map<string, KnownOrder>();

  constructor(count: number) {
    this.people = Array.from({ length: count }, (_, number) => ({
      number,
      email: `person-${number}@example.com`,
      userId: '',
      cookie: undefined,
      keyed: [],
    }));
  }

  person(number: number): Person {
    return this.people[number % this.people.length] as Person;
  }

  /** Returns the tickets that nobody is known to hold. */
  free(nowMs: number): KnownTicket[] {
    const held = new Set(this.orders.filter((order) => isOpen(order, nowMs)).map(ticketIdOf));
    return this.tickets.filter((ticket) => !ticket.isOver && !held.has(ticket.id));
  }

  /** Returns the orders of this person that count as open. */
  openOrders({ number }: Person, nowMs: number): KnownOrder[] {
    return this.orders.filter((order) => order.buyer === number && isOpen(order, nowMs));
  }

  /** Updates tickets and orders from an answer. */
  learn(exchange: Exchange): void {
    const { route, reply, person, id, body: asked } = exchange;
    const body = bodyOf(reply);
    const ok = reply !== undefined && reply.status < 300;
    if (route === 'POST /api/tickets' && ok) this.#addTicket(body, person);
    if (route === 'PUT /api/tickets/:id' && ok) this.#editTicket(body);
    if (route === 'DELETE /api/tickets/:id' && ok) this.#endTicket(id);
    if (body.code === 'ticket_sold' || body.code === 'ticket_withdrawn') {
      this.#endTicket(id ?? String(asked?.['ticketId']));
    }
    if (route === 'POST /api/orders' && ok) this.#addOrder(body, person);
    if (route === 'GET /api/orders' && ok) {
      for (const order of body.orders ?? []) this.#addOrder(order, person);
    }
    if (route === 'GET /api/orders/:id' && ok) this.#addOrder(body, person);
    if (route === 'DELETE /api/orders/:id' && ok) this.#endOrder(id);
    if (body.code === 'already_paid') this.#endOrder(String(asked?.['orderId']), true);
    if (body.code === 'payment_declined' && !body.mayRetry) {
      this.#endOrder(String(asked?.['orderId']));
    }
    if (body.orderId && ok && route !== 'POST /api/tickets') this.#learnCharge(body);
  }

  #learnCharge({ orderId, status, nextAction }: Partial<ReplyBody>) {
    const order = this.#orderById.get(orderId ?? '');
    if (order === undefined) return;
    const paymentId = /test-gateway\/(\w+)/.exec(nextAction?.url ?? '')?.[1];
    if (paymentId) order.paymentId = paymentId;
    if (status === 'completed') this.#endOrder(order.id, true);
    if (status === 'failed') this.#endOrder(order.id);
  }

  #addTicket({ id = '', price = 1 }: Partial<ReplyBody>, seller: number) {
    if (this.#ticketById.has(id)) return;
    const ticket = { id, seller, price, isOver: false };
    this.tickets.push(ticket);
    this.#ticketById.set(id, ticket);
  }

  #editTicket({ id = '', price = 1 }: Partial<ReplyBody>) {
    const ticket = this.#ticketById.get(id);
    if (ticket) ticket.price = price;
  }

  #endTicket(id: string | undefined) {
    const ticket = this.#ticketById.get(id ?? '');
    if (ticket) ticket.isOver = true;
  }

  #addOrder({ id = '', ticketId = '', expiresAt = '', status }: Partial<ReplyBody>, buyer: number) {
    const isOver = status === 'cancelled' || status === 'completed';
    const known = this.#orderById.get(id);
    if (known) {
      known.isOver ||= isOver;
      return;
    }
    const order = { id, buyer, ticketId, expiresAtMs: Date.parse(expiresAt), isOver };
    this.orders.push(order);
    this.#orderById.set(id, order);
  }

  #endOrder(id: string | undefined, isSold = false) {
    const order = this.#orderById.get(id ?? '');
    if (order === undefined) return;
    order.isOver = true;
    if (isSold) this.#endTicket(order.ticketId);
  }
}

const isOpen = ({ isOver, expiresAtMs }: KnownOrder, nowMs: number) =>
  !isOver && nowMs < expiresAtMs + LATE_MS;
const ticketIdOf = ({ ticketId }: KnownOrder) => ticketId;
