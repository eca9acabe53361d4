/** A marketplace with a victim and an attacker. */
import type { Listing } from '@fairseat/common/contracts/ticket';
import type { App } from '@fairseat/common/kit';
import { type ProblemBody, type Reply, TestMarketplace, type Visitor } from './marketplace.ts';

export type Door = (market: TestMarketplace, requestTimeoutMs?: number) => App | Promise<App>;
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Headers = Record<string, string>;

const EMAIL = 'victim@example.com';
const TITLE = 'The title of a reserved ticket';
const PRICE = 98_765_432;
export const JSON_TYPE = { 'content-type': 'application/json' };

export class HostileScene implements AsyncDisposable {
  readonly market: TestMarketplace;
  readonly #app: App;
  readonly victim: Visitor;
  readonly attacker: Visitor;
  /** Ids of the victim's records: a ticket that they hold, its order, and the payment that they have begun. */
  readonly ids: { ticket: string; order: string; payment: string };
  #before: string[] = [];

  private constructor(
    market: TestMarketplace,
    app: App,
    people: Visitor[],
    ids: HostileScene['ids'],
  ) {
    this.market = market;
    this.#app = app;
    [this.victim, this.attacker] = people as [Visitor, Visitor];
    this.ids = ids;
  }

  /** `door` returns what stands between the attacker and the services. */
  static async open(door: Door = ({ app }) => app): Promise<HostileScene> {
    const market = await TestMarketplace.open({ env: { TRUSTED_PROXIES: 'loopback' } });
    const seller = await market.person();
    const victim = await market.person(EMAIL);
    const ticket = await seller.sells(TITLE, PRICE);
    const order = await victim.holds(ticket.id);
    const { body: charge } = await victim.pay(order.id, 'pm_card_authenticationRequired');
    const ids = { ticket: ticket.id, order: order.id, payment: charge.stripeId ?? '' };
    const scene = new HostileScene(
      market,
      await door(market),
      [victim, await market.person()],
      ids,
    );
    scene.#before = await scene.#state();
    return scene;
  }

  /** Every route that takes a body, with a valid one. */
  get routes(): [Method, string, Record<string, unknown>][] {
    const { ticket, order, payment } = this.ids;
    const listing: Required<Listing> = { title: 'A seat', price: 4990 };
    return [
      ['POST', '/api/users/signup', { email: 'new@example.com', password: 'correct horse' }],
      ['POST', '/api/users/signin', { email: EMAIL, password: 'wrong horse' }],
      ['POST', '/api/tickets', listing],
      ['PUT', `/api/tickets/${ticket}`, listing],
      ['POST', '/api/orders', { ticketId: ticket, price: PRICE }],
      ['POST', '/api/payments', { orderId: order, token: 'pm_card_visa' }],
      ['POST', `/api/test-gateway/${payment}/confirm`, { approve: true }],
    ];
  }

  /** The names of all fields of those bodies. */
  get fields(): string[] {
    return [...new Set(this.routes.flatMap(([, , body]) => Object.keys(body)))].sort();
  }

  /** Sends a request of the attacker. @throws Error when the answer shows anything of the victim. */
  async send(
    method: Method,
    url: string,
    payload?: string | Buffer,
    headers: Headers = {},
  ): Promise<Reply<ProblemBody>> {
    const response = await this.#app.inject({
      method,
      url,
      headers: { cookie: this.attacker.cookie ?? '', ...headers },
      ...(payload !== undefined && { payload }),
    });
    const text = response.body;
    const isList = url.startsWith('/api/tickets');
    const secrets = isList ? [EMAIL] : [EMAIL, TITLE, String(PRICE), this.ids.payment];
    const shown = secrets.filter((secret) => text.includes(secret));
    if (shown.length > 0) throw new Error(`${method} ${url} shows ${shown}: ${text}`);
    const isJson = String(response.headers['content-type']).includes('json');
    return {
      status: response.statusCode,
      headers: response.headers,
      body: (isJson ? response.json() : text) as ProblemBody,
    };
  }

  sendJson = (method: Method, url: string, body: unknown) =>
    this.send(method, url, JSON.stringify(body), JSON_TYPE);

  /** Every field of the victim's records, as a line each. */
  async #state() {
    const { victim, ids } = this;
    const records = {
      ticket: await victim.seesTicket(ids.ticket),
      order: await victim.seesOrder(ids.order),
      charge: await victim.seesCharge(ids.order),
    };
    return Object.entries(records).flatMap(([noun, record]) =>
      Object.entries(record).map(([field, value]) => `${noun}.${field} ${JSON.stringify(value)}`),
    );
  }

  /** The tickets and orders of the attacker. */
  async made() {
    const { body: listed } = await this.attacker.get<{ tickets: object[] }>(
      '/api/tickets?mine=true',
    );
    const { body: placed } = await this.attacker.get<{ orders: object[] }>('/api/orders');
    return [...listed.tickets, ...placed.orders];
  }

  /** @throws Error when a record of the victim has changed, or requests are not served. */
  async [Symbol.asyncDispose]() {
    const after = await this.#state();
    const { status } = await this.attacker.get('/healthz');
    if (this.#app !== this.market.app) await this.#app.close();
    await this.market[Symbol.asyncDispose]();
    const was = this.#before.filter((line) => !after.includes(line));
    const is = after.filter((line) => !this.#before.includes(line));
    if (was.length + is.length > 0) throw new Error(`was ${was}; is ${is}`);
    if (status !== 200) throw new Error(`serves no more: ${status}`);
  }
}
