/** Fairseat in processes of its own, and people who use it in a real Chromium. */
import { join } from 'node:path';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { browserProgram } from '@fairseat/servers/browser';
import {
  Caller,
  type Process,
  startProgram,
  temporaryFolder,
} from '@fairseat/test-support/process';
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  expect as expectIn,
  type Page,
} from '@playwright/test';
import { afterAll, afterEach, beforeAll } from 'vitest';

const SEEN_WITHIN_MS = 60_000;
/** The second is of plain HTTP by a name, where that header has no meaning. */
const EXPECTED = /Failed to load resource|Cross-Origin-Opener-Policy header has been ignored/;
/** Waits for the page to show what is expected. */
export const expect = expectIn.configure({ timeout: SEEN_WITHIN_MS });

/** Where the bank of `stripe-form.ts` is. */
export const bankOf = ({ output }: Site) => /The bank is at (\S+)/.exec(output())?.[1];

let people = 0;

interface SiteOptions {
  env?: Record<string, string>;
  flags?: string[];
  /** The program to start in place of `npm start`. */
  program?: string;
  /** A further name of the site, which only its visitors know. */
  name?: string;
}

/** A site for all tests of a file. Each fails if a browser complained during it. */
export function siteForAll(options: SiteOptions = {}): Site {
  const site = new Site(options);
  beforeAll(() => site.open());
  afterAll(() => site[Symbol.asyncDispose]());
  afterEach(() => expect(site.complaints.splice(0)).toEqual([]));
  return site;
}

export class Site implements AsyncDisposable {
  readonly #folder = temporaryFolder();
  readonly #options: SiteOptions;
  #browser: Browser | undefined;
  #process: Process | undefined;
  /** The complaints of browsers: scripts that failed, policies that were broken. */
  readonly complaints: string[] = [];

  constructor(options: SiteOptions = {}) {
    this.#options = options;
  }

  async open(): Promise<this> {
    const executablePath = await browserProgram();
    const args = ['--no-sandbox'];
    if (this.#options.name) args.push(`--host-resolver-rules=MAP ${this.#options.name} 127.0.0.1`);
    this.#browser = await chromium.launch({ executablePath, args });
    await this.start();
    return this;
  }

  get url(): string {
    if (!this.#process?.url) throw new Error(this.log());
    return this.#process.url;
  }

  async start() {
    const { env, flags = [], program = 'services/marketplace/main.ts' } = this.#options;
    const port = this.#process?.url ? new URL(this.#process.url).port : '0';
    this.#process = await startProgram(
      program,
      { DATA_DIR: join(this.#folder.path, 'data'), LOG_LEVEL: 'warn', PORT: port, ...env },
      { flags },
    );
    if (!this.#process.url) throw new Error(this.log());
  }

  stop = () => this.#process?.end('SIGTERM');
  output = () => this.#process?.output().stdout ?? '';
  log = () => this.#process?.output().stderr ?? '';

  /** Somebody with a program. */
  caller = () => new Caller(this.url);

  /** Somebody with a browser of their own. */
  async visitor(options: BrowserContextOptions = {}): Promise<Person> {
    if (!this.#browser) throw new Error('open() must be called first');
    const context = await this.#browser.newContext({
      baseURL: this.url,
      locale: 'en-US',
      ...options,
    });
    context.setDefaultTimeout(SEEN_WITHIN_MS);
    const person = new Person(this, await context.newPage(), this.caller());
    context.on('weberror', (error) => this.complaints.push(String(error.error())));
    context.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) {
        this.complaints.push(message.text());
      }
    });
    return person;
  }

  /** Somebody who is signed in. */
  async person(options: BrowserContextOptions = {}): Promise<Person> {
    const person = await this.visitor(options);
    await person.caller.signUp(`person-${++people}-${process.pid}@example.com`);
    await person.becomes(person);
    return person;
  }

  async [Symbol.asyncDispose]() {
    await this.#browser?.close();
    await this.stop();
    this.#folder[Symbol.dispose]();
  }
}

export class Person {
  readonly site: Site;
  readonly page: Page;
  /** The same person with a program instead of the browser. */
  readonly caller: Caller;

  constructor(site: Site, page: Page, caller: Caller) {
    this.site = site;
    this.page = page;
    this.caller = caller;
  }

  /** Another tab of the same browser. */
  async tab(): Promise<Person> {
    return new Person(this.site, await this.page.context().newPage(), this.caller);
  }

  /** Uses another person's account from now on, as on a device of its own. */
  async becomes({ caller }: Person) {
    const cookies = caller.cookie.split('; ').map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return { name, value, url: this.site.url, httpOnly: true };
    });
    await this.page.context().addCookies(cookies);
  }

  goto = (path: string) => this.page.goto(path);
  /** Opens a page and waits until it receives live events. */
  async watches(path: string) {
    // The page refreshes itself once the stream is open.
    const fresh = this.page.waitForResponse(/_rsc=/);
    await this.goto(path);
    await fresh;
  }
  /** From now on this tab has no stream of its own; another tab of the same browser still forwards events. */
  turnsDeaf = () => this.page.route('**/api/live*', (route) => route.abort());
  button = (name: string | RegExp) => this.page.getByRole('button', { name });
  link = (name: string | RegExp) => this.page.getByRole('link', { name });
  field = (label: string) => this.page.getByLabel(label, { exact: true });
  get heading() {
    return this.page.getByRole('heading', { level: 1 });
  }
  /** The content of the page, without its navigation. */
  get main() {
    return this.page.getByRole('main');
  }

  async #ask<T>(method: string, path: string, body?: unknown, headers = {}): Promise<T> {
    const reply = await this.caller.send<T>(method, `/api/${path}`, body, headers);
    if (!reply || reply.status >= 400) throw new Error(`${path}: ${JSON.stringify(reply)}`);
    return reply.body;
  }

  sells = (title = 'A seat', price = 4990) =>
    this.#ask<TicketRecord>('POST', 'tickets', { title, price });
  edits = (id: string, title: string, price: number) =>
    this.#ask<TicketRecord>('PUT', `tickets/${id}`, { title, price });
  withdraws = (id: string) => this.#ask<void>('DELETE', `tickets/${id}`);
  holds = (ticketId: string) =>
    this.#ask<OrderRecord>('POST', 'orders', { ticketId }, { prefer: 'wait=10' });
  cancels = (id: string) => this.#ask<void>('DELETE', `orders/${id}`);
  pays = (orderId: string, token = 'pm_card_visa') =>
    this.#ask<object>('POST', 'payments', { orderId, token });
  orders = async () => (await this.#ask<{ orders: OrderRecord[] }>('GET', 'orders')).orders;
  ticket = (id: string) => this.#ask<TicketRecord>('GET', `tickets/${id}`);

  /** Signs in, in the browser. */
  async signsIn(email: string, password: string) {
    await this.goto('/auth/signin');
    await this.field('E-mail address').fill(email);
    await this.field('Password').fill(password);
    await this.button('Sign in').click();
    await expect(this.button('Sign out')).toBeVisible();
  }

  /** Buys in the browser, from the page of a ticket to its checkout. Returns the path of the order. */
  async buys(ticketId: string): Promise<string> {
    await this.goto(`/tickets/${ticketId}`);
    await this.button('Buy').click();
    return this.atCheckout();
  }

  async atCheckout(): Promise<string> {
    await this.page.waitForURL(/\/orders\/[0-9a-f]{32}$/);
    return new URL(this.page.url()).pathname;
  }

  /** Pays in the browser, with the test card of this name. */
  async paysWith(card: string) {
    await this.page.getByRole('radio', { name: card }).check();
    await this.button(/^Pay /).click();
  }
}
