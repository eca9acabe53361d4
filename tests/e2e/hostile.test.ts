/** Pages withstand whatever people type, small screens, and a broken API. */

import { once } from 'node:events';
import { request as ask, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MAX_PRICE } from '@fairseat/common/contracts/shared';
import { type Process, startProgram } from '@fairseat/test-support/process';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expect, type Person, Site, siteForAll } from './site.ts';

const site = siteForAll();

const PHONE = { viewport: { width: 320, height: 640 } };

/** Whether the page scrolls sideways. */
const isTooWide = ({ page }: Person) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth > window.innerWidth');

const titles = {
  'one word of 200 characters': 'W'.repeat(200),
  '200 characters of emoji': '🎟'.repeat(200),
  'many words': 'Wer reitet so spät durch Nacht und Wind? '.repeat(4).trim(),
  'right to left': 'ليلة العود في قاعة المدينة، الصف الثالث',
  'a script': '<script>document.title="taken"</script><img src=x onerror=alert(1)>',
  'marks of direction': 'Seat \u202eno 12\u202c \u2066A\u2069',
};

describe.each(Object.entries(titles))('a title that is %s', (_, typed) => {
  it('is shown as it was listed, on the smallest screen, on every page', async () => {
    const [seller, buyer] = await Promise.all([site.person(PHONE), site.person(PHONE)]);
    const ticket = await seller.sells(typed, MAX_PRICE);
    const { title } = ticket;
    const order = async () => (await buyer.orders())[0]?.id;
    const looks = async (person: Person, path: string) => {
      await person.goto(path);
      await expect(person.main).toContainText(title);
      expect(await isTooWide(person), path).toBe(false);
    };
    await looks(buyer, '/');
    await looks(seller, '/selling');
    await looks(buyer, `/tickets/${ticket.id}`);
    await expect(buyer.main).toContainText('$999,999.99');
    await seller.goto(`/tickets/${ticket.id}/edit`);
    await expect(seller.field('Title')).toHaveValue(title);
    expect(await isTooWide(seller)).toBe(false);
    await buyer.holds(ticket.id);
    await looks(buyer, `/orders/${await order()}`);
    await looks(buyer, `/orders/${await order()}/leave`);
    await looks(buyer, '/orders');
    await buyer.pays((await order()) ?? '');
    await looks(buyer, `/orders/${await order()}`);
    expect(await buyer.page.title()).not.toBe('taken');
    expect(site.complaints.splice(0)).toEqual([]);
    await Promise.all([seller, buyer].map(({ page }) => page.context().close()));
  });
});

describe('every page', () => {
  const paths = [
    '/',
    '/nowhere',
    '/auth/signin',
    '/auth/signup',
    '/tickets/new',
    '/orders',
    '/selling',
  ];

  it.each(paths)('%s fits the smallest screen', async (path) => {
    const person = await site.person(PHONE);
    await person.goto(path);
    expect(await isTooWide(person)).toBe(false);
    await person.page.context().close();
  });

  it.each(paths)('%s is kept from what attacks pages', async (path) => {
    const { headers } = await fetch(site.url + path, { redirect: 'manual' });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/script-src 'nonce-[\w+/=]{16,}'/);
    expect(policy).toMatch(/default-src 'none'.*base-uri 'none'.*frame-ancestors 'none'/);
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toMatch(/^(same-origin|strict-origin|no-referrer)/);
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('has the status that it tells of', async () => {
    const status = async (path: string) =>
      (await fetch(site.url + path, { redirect: 'manual' })).status;
    const seller = await site.person();
    const { id } = await seller.sells();
    expect(await status('/')).toBe(200);
    expect(await status(`/tickets/${id}`)).toBe(200);
    expect(await status('/nowhere')).toBe(404);
    expect(await status('/tickets/nonsense')).toBe(404);
    expect(await status(`/tickets/${'f'.repeat(32)}`)).toBe(404);
    expect(await status('/orders')).toBe(307);
    expect(await status('/?cursor=nonsense')).toBe(400);
    const order = await (await site.person()).holds(id);
    const { cookie } = seller.caller;
    const theirs = await fetch(`${site.url}/orders/${order.id}`, { headers: { cookie } });
    expect(theirs.status).toBe(403);
  });

  it.each([
    ['more parameters than any page has', `/?${'a&'.repeat(7000)}`, 400],
    ['a picture in another size', '/_next/image?url=%2Ficon.svg&w=640&q=75', 404],
  ])('gives a stranger nothing to do for %s', async (_, path, status) => {
    expect((await fetch(site.url + path)).status).toBe(status);
  });

  it('answers a request that asks for another protocol', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'h2c' };
    const [reply] = await once(ask(`${site.url}/healthz`, { headers }).end(), 'response');
    expect(reply.statusCode).toBe(200);
    reply.resume();
  });

  it('refuses a form that none of its pages has sent', async () => {
    const page = await (await fetch(`${site.url}/auth/signin`)).text();
    const [, action = ''] = /&quot;id&quot;:&quot;([0-9a-f]{40,})/.exec(page) ?? [];
    expect(action).not.toBe('');
    const body = new FormData();
    body.append('0', '[null,"$K1"]');
    body.append('1_email', 'a@example.com');
    const headers = { origin: site.url, 'next-action': action };
    const reply = await fetch(`${site.url}/auth/signin`, { method: 'POST', headers, body });
    expect(reply.status).toBe(400);
    expect(site.log()).not.toContain('TypeError');
  });

  it('keeps the session from scripts, and refuses forms of other sites', async () => {
    const person = await site.visitor();
    await person.goto('/auth/signup');
    await person.field('E-mail address').fill('kept@example.com');
    await person.field('Password').fill('correct horse');
    await person.button('Sign up').click();
    await expect(person.button('Sign out')).toBeVisible();
    const cookies = await person.page.context().cookies();
    const kept = { httpOnly: true, sameSite: 'Lax' };
    expect(cookies.toSorted((a, b) => a.name.localeCompare(b.name))).toMatchObject([
      { name: 'device', ...kept },
      { name: 'session', ...kept },
    ]);
    expect(await person.page.evaluate('document.cookie')).toBe('');
    const content = await person.page.content();
    expect(cookies.filter(({ value }) => content.includes(value))).toEqual([]);
    const cookie = cookies.find(({ name }) => name === 'session');
    const foreign = await fetch(`${site.url}/tickets/new`, {
      method: 'POST',
      headers: { origin: 'https://evil.example', cookie: `session=${cookie?.value}` },
      body: new FormData(),
    });
    expect(foreign.status).toBe(403);
  });
});

describe('prices', () => {
  it('are in the currency of the deployment, and told as the visitor writes them', async () => {
    await using japan = await new Site({ env: { CURRENCY: 'JPY' } }).open();
    const seller = await japan.person({ locale: 'de-DE' });
    await seller.goto('/tickets/new');
    await seller.field('Title').fill('歌舞伎');
    await seller.field('Price').fill('49,90');
    await seller.button('List the ticket').click();
    await expect(seller.field('Price')).toHaveAttribute('aria-invalid', 'true');
    await seller.field('Price').fill('12500');
    await seller.button('List the ticket').click();
    await expect(seller.heading).toHaveText('歌舞伎');
    await expect(seller.main).toContainText(/12\.500\s¥/);
  });
});

/** A proxy between the pages and the API. */
class Weather {
  is: 'fair' | 'still' | 'broken' | 'without accounts' = 'fair';
  readonly #server: Server;

  constructor(target: string) {
    this.#server = createServer((request, response) => {
      if (this.is === 'still') return;
      if (this.is === 'broken') return void response.destroy();
      const { method = 'GET', url = '', headers } = request;
      if (this.is === 'without accounts' && url.startsWith('/api/users')) {
        return void response.writeHead(503).end();
      }
      const passed = ask(target + url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      request.pipe(passed);
    }).listen(0, '127.0.0.1');
  }

  async origin() {
    if (!this.#server.listening) await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close() {
    this.#server.close().closeAllConnections();
  }
}

describe('pages in front of an API that', () => {
  let weather: Weather;
  let front: Process;
  beforeAll(async () => {
    weather = new Weather(site.url);
    front = await startProgram('client/main.ts', { API_ORIGIN: await weather.origin() });
  });
  afterAll(async () => {
    await front.end('SIGTERM');
    weather.close();
  });
  const visitorOfFront = () => site.visitor({ baseURL: front.url ?? '' });

  it.each(['still', 'broken'] as const)('is %s say so, and recover by themselves', async (is) => {
    const visitor = await visitorOfFront();
    weather.is = is;
    const response = await visitor.goto('/');
    expect(response?.status()).toBe(503);
    await expect(visitor.heading).toHaveText('Back in a moment');
    weather.is = 'fair';
    await expect(visitor.heading).toContainText('Take their seat');
  });

  it('has no accounts for a while show the public pages to who has a session', async () => {
    const [seller, visitor] = await Promise.all([site.person(), visitorOfFront()]);
    const { id } = await seller.sells('While auth is away', 4990);
    await visitor.becomes(await site.person());
    weather.is = 'without accounts';
    for (const path of ['/', `/tickets/${id}`]) {
      expect((await visitor.goto(path))?.status()).toBe(200);
      await expect(visitor.main).toContainText('While auth is away');
    }
    expect((await visitor.goto('/orders'))?.status()).toBe(503);
    weather.is = 'fair';
    await visitor.goto('/');
    await expect(visitor.button('Sign out')).toBeVisible();
  });

  it('breaks while a form is sent say so beside it, with what was typed', async () => {
    const visitor = await visitorOfFront();
    await visitor.goto('/auth/signin');
    await visitor.field('E-mail address').fill('a@example.com');
    await visitor.field('Password').fill('correct horse');
    weather.is = 'broken';
    await visitor.button('Sign in').click();
    await expect(visitor.main.getByRole('alert')).toBeVisible();
    await expect(visitor.field('E-mail address')).toHaveValue('a@example.com');
    weather.is = 'fair';
    await visitor.field('Password').fill('wrong');
    await visitor.button('Sign in').click();
    await expect(visitor.main.getByRole('alert')).toContainText('wrong');
  });
});
