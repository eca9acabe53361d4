/** Measures how fast pages are rendered, how much they load, and how soon one browser shows what another did. */
import { existsSync, rmSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test';
import { findBrowser } from '../infra/servers/browser.ts';
import { serveBareNext } from './bare-next.ts';
import { once, request } from './http.ts';
import { closedLoop, openLoop, type Run } from './load.ts';
import { cycle, isOk, signUpBuyers } from './market.ts';
import { quantile, Rounds } from './numbers.ts';
import { type Report, reportLatencies, reportSurroundings } from './report.ts';
import { newFolder, quiet, type Server, serveWithPages } from './server.ts';

const TICKETS = 20;
const ROUNDS = 5;
const CONNECTIONS = 8;
const FOR_MS = 4000;
const WARM_UP_MS = 3000;
const PURCHASES = 30;
const BUILD = new URL('../client/.next', import.meta.url);

export async function measurePages(report: Report) {
  await measureStarts(report);
  const server = await serveWithPages(newFolder());
  const [seller = '', ...buyers] = await signUpBuyers(server.port);
  const tickets: TicketRecord[] = [];
  for (let number = 1; number <= TICKETS; number++)
    tickets.push(await list(server, seller, number));
  const bare = await serveBareNext(await (await fetch(urlOf(server, '/'))).text());
  await measureRendering(report, server, bare);
  await measureInBrowser(report, server, bare, tickets[0]?.id ?? '', seller, buyers[0] ?? '');
  await bare.stop();
  await server.stop();
}

async function list({ port }: Server, cookie: string, number: number): Promise<TicketRecord> {
  const body = { title: `Row ${number} seat 7, an evening of velar consonants`, price: 4990 };
  return JSON.parse(
    (await once(port, request('POST', '/api/tickets', { cookie, body }), 201)).body,
  );
}

async function measureStarts(report: Report) {
  report.begin('From npm start to the first page');
  if (existsSync(BUILD)) rmSync(BUILD, { recursive: true });
  const start = async () => {
    const server = await serveWithPages(newFolder());
    await server.stop();
    return server.readyMs / 1000;
  };
  report.figure('the first time, with the build', 's', [await start()]);
  report.figure('again, with nothing changed', 's', [await start(), await start(), await start()]);
}

async function measureRendering(report: Report, server: Server, bare: Server) {
  report.begin(`Server rendering of the list with ${TICKETS} tickets, on one core`);
  const runs = new Rounds<Run>();
  const sides = { Fairseat: server, 'bare Next.js, the same markup, no data': bare };
  const load = ({ port }: Server) => ({
    port,
    connections: CONNECTIONS,
    next: cycle([request('GET', '/')]),
    isRight: isOk,
  });
  for (const side of Object.values(sides)) await closedLoop(load(side), WARM_UP_MS);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, side] of Object.entries(sides)) {
      runs.add(name, await closedLoop(load(side), FOR_MS));
      await quiet(side);
    }
  }
  const [ours, theirs] = [...runs].map(([name, of]) =>
    report.figure(
      name,
      '/s',
      of.map(({ perSecond }) => perSecond),
    ),
  );
  if (ours && theirs) report.compare('against bare Next.js', ours, theirs, { atLeast: 0.5 });
  const half = [];
  for (let round = 0; round < 3; round++) {
    half.push(await openLoop({ ...load(server), connections: 32 }, (ours?.value ?? 0) / 2, FOR_MS));
  }
  reportLatencies(report, 'under half that load', half);
  reportSurroundings(report, Object.fromEntries(runs));
}

async function measureInBrowser(
  report: Report,
  server: Server,
  bare: Server,
  ticketId: string,
  seller: string,
  buyer: string,
) {
  report.begin('In a browser');
  const executablePath = await findBrowser();
  if (executablePath === undefined) return report.note('Not measured: there is no Chromium.');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const empty = await scriptBytes(browser, urlOf(bare, '/empty'));
  const pages = { '/': urlOf(server, '/'), '/tickets/[id]': urlOf(server, `/tickets/${ticketId}`) };
  const emptyFigure = report.figure('scripts of an empty Next.js page, gzip', 'KiB', [
    empty / 1024,
  ]);
  for (const [name, url] of Object.entries(pages)) {
    const bytes = await scriptBytes(browser, url);
    const figure = report.figure(`scripts of ${name}, gzip`, 'KiB', [bytes / 1024]);
    report.compare(`${name} against empty`, figure, emptyFigure, { atMost: 1.15 });
  }
  const paying = await (await context(browser, buyer, server)).newPage();
  const watching = await (await browser.newContext()).newPage();
  const seen: number[] = [];
  for (let number = 1; number <= PURCHASES + 3; number++) {
    const { id } = await list(server, seller, number);
    const held = await hold(server, id, buyer);
    const ms = await purchaseSeen(paying, watching, server, held);
    if (number > 3) seen.push(ms);
  }
  report.figure('from the click on Pay to seen in another browser, p50', 'ms', [
    quantile(seen, 0.5),
  ]);
  report.figure('… p99', 'ms', [quantile(seen, 0.99)]);
  await browser.close();
}

const urlOf = ({ port }: Server, path: string) => `http://127.0.0.1:${port}${path}`;

/** The size of all scripts that are loaded until the page is idle. */
async function scriptBytes(browser: Browser, url: string): Promise<number> {
  const page = await browser.newPage();
  const sizes: Promise<number>[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() !== 'script') return;
    sizes.push(response.body().then((body) => gzipSync(body).length));
  });
  await page.goto(url, { waitUntil: 'load' });
  await page.evaluate('new Promise(requestIdleCallback)');
  const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await page.close();
  return total;
}

/** Runs in the browser: resolves to the time of the click. */
const CLICKED = `new Promise((resolve) =>
  addEventListener('click', () => resolve(Date.now()), { capture: true, once: true }))`;
/** Runs in the browser: resolves to the time at which it shows the ticket as sold. */
const SOLD = `new Promise((resolve) => {
  const look = () => document.querySelector('[data-look=sold]') && resolve(Date.now());
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  look();
})`;

async function purchaseSeen(paying: Page, watching: Page, server: Server, hold: Hold) {
  const { ticketId, orderId } = hold;
  const fresh = watching.waitForResponse(/_rsc=/);
  await watching.goto(urlOf(server, `/tickets/${ticketId}`));
  await fresh;
  await paying.goto(urlOf(server, `/orders/${orderId}`), { waitUntil: 'load' });
  const clickedAt = paying.evaluate<number>(CLICKED);
  const soldAt = watching.evaluate<number>(SOLD);
  await paying.getByRole('button', { name: /^Pay / }).click();
  return (await soldAt) - (await clickedAt);
}

interface Hold {
  ticketId: string;
  orderId: string;
}

async function hold({ port }: Server, ticketId: string, cookie: string): Promise<Hold> {
  const parts = { cookie, headers: { prefer: 'wait=10' }, body: { ticketId } };
  const { body } = await once(port, request('POST', '/api/orders', parts), 201);
  return { ticketId, orderId: JSON.parse(body).id };
}

async function context(browser: Browser, cookie: string, server: Server): Promise<BrowserContext> {
  const opened = await browser.newContext();
  const [name = '', value = ''] = cookie.split('=');
  await opened.addCookies([{ name, value, url: urlOf(server, '/'), httpOnly: true }]);
  return opened;
}
