/** The whole marketplace in the test's own process: real services, real storage, and a clock that the test moves. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Passwords } from '@fairseat/auth';
import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { Unavailable } from '@fairseat/common/errors';
import {
  type Config,
  createLog,
  createSessionKey,
  type Host,
  readConfig,
} from '@fairseat/common/kit';
import type { OpenGateway, Platform } from '@fairseat/common/ports';
import { createTestClock, type TestClock } from '@fairseat/common/testing';
import { openTestGateway } from '@fairseat/gateways/test';
import { createMarketplace } from '@fairseat/marketplace';
import { openDistributed } from '@fairseat/platform/distributed';
import { openEmbedded } from '@fairseat/platform/embedded';
import { cookieNamed, keptCookies } from '@fairseat/test-support/cookies';
import { newNamespace, removeNamespace } from '@fairseat/test-support/namespaces';
import { inject } from 'vitest';
import { turns } from './interleaving.ts';

export interface Reply<T> {
  status: number;
  body: T;
  headers: Record<string, string | string[] | number | undefined>;
}

/** The part of a problem document that tests look at. Its status is also that of the reply. */
export interface ProblemBody {
  code: string;
  detail: string;
  errors: { message: string; field?: string }[];
  instance: string;
  ticket?: TicketRecord;
  orders?: OrderRecord[];
  mayRetry?: boolean;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Headers = Record<string, string>;

/** A platform with the methods that only tests need. */
export interface TestPlatform extends Platform {
  /** Resolves once all events are handled and no alarm is due. */
  settled(): Promise<void>;
  /** Ends as a killed process would. */
  crash(): void | Promise<void>;
}

/** True when the tests of the whole marketplace run on the distributed platform. */
export const isDistributed = process.env['PLATFORM'] === 'distributed';

export interface TestOptions {
  env?: Record<string, string>;
  /** Wraps the platform, to disturb it or to listen. */
  wrap?: (platform: TestPlatform) => Platform;
  passwords?: Passwords;
  /** One of its own unless given. */
  clock?: TestClock;
  /** Takes the money; the test gateway unless given. */
  openGateway?: OpenGateway;
  requestTimeoutMs?: number;
  /** Another replica of everything, on the same servers and with the same keys. */
  beside?: TestMarketplace;
}

/** Real hashing is slow on purpose; tests that are not about it use this. */
const quickPasswords: Passwords = {
  hash: async (password) => createHash('sha256').update(password).digest('hex'),
  matches: async (hash, password) => hash === createHash('sha256').update(password).digest('hex'),
};

/** Real servers need real time for their part. */
const SERVERS_TURN_MS = 20;

/** Lets others go on: for `count` turns of the event loop, or for as long as real servers need. */
export const othersTurn = (count: number): Promise<void> =>
  isDistributed ? setTimeout(SERVERS_TURN_MS) : turns(count);

let people = 0;

/** A client that keeps its cookies, like a browser. */
export class Visitor {
  readonly #market: TestMarketplace;
  cookie: string | undefined;
  id = '';
  /** The address that its requests come from. */
  address = '127.0.0.1';

  constructor(market: TestMarketplace) {
    this.#market = market;
  }

  async request<T = ProblemBody>(
    method: Method,
    url: string,
    body?: unknown,
    headers: Headers = {},
  ): Promise<Reply<T>> {
    const response = await this.#market.app.inject({
      method,
      url,
      remoteAddress: this.address,
      headers: { ...(this.cookie && { cookie: this.cookie }), ...headers },
      ...(body !== undefined && { payload: body as object }),
    });
    const set = [response.headers['set-cookie'] ?? []].flat();
    if (set.length > 0) this.cookie = keptCookies(this.cookie ?? '', set);
    const isJson = String(response.headers['content-type']).includes('json');
    return {
      status: response.statusCode,
      headers: response.headers,
      body: (isJson ? response.json() : response.body) as T,
    };
  }

  /** The token of the session. */
  get token(): string {
    return cookieNamed('session', this.cookie);
  }

  get = <T>(url: string, headers?: Headers) => this.request<T>('GET', url, undefined, headers);
  post = <T>(url: string, body?: unknown, headers?: Headers) =>
    this.request<T>('POST', url, body, headers);

  list = (title: string, price: number, headers?: Headers) =>
    this.post<TicketRecord>('/api/tickets', { title, price }, headers);
  edit = (id: string, title: string, price: number) =>
    this.request<TicketRecord & ProblemBody>('PUT', `/api/tickets/${id}`, { title, price });
  withdraw = (id: string) => this.request('DELETE', `/api/tickets/${id}`);
  order = (ticketId: string, headers?: Headers) =>
    this.post<OrderRecord & ProblemBody>('/api/orders', { ticketId }, headers);
  /** Orders a ticket that the buyer saw at this price. */
  orderAt = (price: number, ticketId: string) =>
    this.post<OrderRecord & ProblemBody>('/api/orders', { ticketId, price }, { prefer: 'wait=10' });
  cancel = (id: string) => this.request('DELETE', `/api/orders/${id}`);
  pay = (orderId: string, token = 'pm_card_visa', headers?: Headers) =>
    this.post<ChargeRecord & ProblemBody>('/api/payments', { orderId, token }, headers);

  /** Lists a ticket. @throws Error when refused. */
  async sells(title = 'A seat', price = 4990): Promise<TicketRecord> {
    const { status, body } = await this.list(title, price);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body;
  }

  /** Orders a ticket and waits until it is held. @throws Error when refused. */
  async holds(ticketId: string): Promise<OrderRecord> {
    const { status, body } = await this.order(ticketId, { prefer: 'wait=10' });
    if (status !== 201 || body.status !== 'awaiting_payment') throw new Error(JSON.stringify(body));
    return body;
  }

  seesTicket = async (id: string) => (await this.get<TicketRecord>(`/api/tickets/${id}`)).body;
  seesOrder = async (id: string) => (await this.get<OrderRecord>(`/api/orders/${id}`)).body;
  seesCharge = async (id: string) => (await this.get<ChargeRecord>(`/api/payments/${id}`)).body;
}

export class TestMarketplace implements AsyncDisposable {
  readonly clock: TestClock;
  readonly #options: TestOptions;
  readonly dataDir = mkdtempSync(join(tmpdir(), 'fairseat-'));
  readonly namespace: string;
  #sessionKey: Awaited<ReturnType<typeof createSessionKey>> | undefined;
  #marketplace: Host | undefined;
  #platform: TestPlatform | undefined;
  readonly errors: string[] = [];
  /** Lines of the log, which is silent unless `LOG_LEVEL` says otherwise. */
  readonly logged: string[] = [];

  private constructor(options: TestOptions) {
    this.#options = options;
    this.clock = options.clock ?? createTestClock();
    this.namespace = options.beside?.namespace ?? newNamespace();
    this.#sessionKey = options.beside?.sessionKey;
  }

  static async open(options: TestOptions = {}): Promise<TestMarketplace> {
    const market = new TestMarketplace(options);
    await market.start();
    return market;
  }

  get platform(): TestPlatform {
    if (!this.#platform) throw new Error('not started');
    return this.#platform;
  }

  get app() {
    if (!this.#marketplace) throw new Error('not started');
    return this.#marketplace.app;
  }

  /** The private key of sessions, for tests that forge some. */
  get sessionKey() {
    if (!this.#sessionKey) throw new Error('not started');
    return this.#sessionKey;
  }

  get config(): Config {
    return readConfig({ RATE_LIMITS: 'off', LOG_LEVEL: 'silent', ...this.#options.env });
  }

  async start(sessionKey = this.#sessionKey) {
    this.#sessionKey = sessionKey ?? (await createSessionKey());
    const platform = this.#openPlatform();
    this.#platform = platform;
    this.#marketplace = await createMarketplace({
      platform: this.#options.wrap?.(platform) ?? platform,
      config: this.config,
      log: createLog(this.config.logLevel, { write: (line) => this.logged.push(line) }),
      sessionKey: this.#sessionKey,
      passwords: this.#options.passwords ?? quickPasswords,
      ...(this.#options.requestTimeoutMs && { requestTimeoutMs: this.#options.requestTimeoutMs }),
    });
    await this.#marketplace.start();
  }

  #openPlatform(): TestPlatform {
    const options = {
      openGateway: this.#options.openGateway ?? openTestGateway,
      clock: this.clock,
      rateLimits: this.config.rateLimits,
      deferMs: 10,
      backoffMs: 1,
      onError: (message: string, error: unknown) => this.#fail(message, error),
    };
    if (!isDistributed) return openEmbedded({ ...options, dataDir: this.dataDir });
    return openDistributed({ ...options, ...inject('servers'), namespace: this.namespace });
  }

  /** A slow answer of a real server is no failure: the platform asks again. */
  #fail(message: string, error: unknown) {
    if (!(isDistributed && error instanceof Unavailable)) this.errors.push(`${message}: ${error}`);
  }

  /** Stops as on Ctrl-C. */
  async stop() {
    await this.#marketplace?.stop();
  }

  /** Ends as a killed process does. */
  async crash() {
    await this.platform.crash();
  }

  visitor = () => new Visitor(this);

  async person(email = `person-${++people}@example.com`): Promise<Visitor> {
    const visitor = this.visitor();
    const { status, body } = await visitor.post<{ id: string }>('/api/users/signup', {
      email,
      password: 'correct horse',
    });
    if (status !== 201) throw new Error(JSON.stringify(body));
    visitor.id = body.id;
    return visitor;
  }

  people = (count: number) => Promise.all(Array.from({ length: count }, () => this.person()));

  /** Resolves once every event has been handled by every service. */
  settled = () => this.platform.settled();

  /** Moves the clock until the reply comes, for a service that waits before it answers. */
  async hurried<T>(reply: Promise<T>): Promise<T> {
    let answered = false;
    const done = reply.finally(() => {
      answered = true;
    });
    while (!answered) {
      this.clock.advance(100);
      await othersTurn(2);
    }
    return done;
  }

  async [Symbol.asyncDispose]() {
    await this.crash();
    await this.#marketplace?.app.close();
    await this.#marketplace?.stop().catch(() => {});
    if (isDistributed && !this.#options.beside)
      await removeNamespace(inject('servers'), this.namespace);
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
