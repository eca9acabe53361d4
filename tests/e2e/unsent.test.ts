/** What was typed is never lost, and nobody signs in again and again without a word. */
import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll();
const OUTDATED = 'This was not sent';

/** A proxy that passes everything on but cookies to the browser, as one that refuses them. */
const cookieless = createServer((request, response) => {
  const { host } = new URL(site.url);
  const headers = { ...request.headers, host, ...(request.headers.origin && { origin: site.url }) };
  const passed = ask(site.url + request.url, { method: request.method, headers }, (answer) => {
    const { 'set-cookie': _, ...kept } = answer.headers;
    response.writeHead(answer.statusCode ?? 500, kept);
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  response.on('close', () => passed.destroy());
  request.pipe(passed);
});
let baseURL = '';
beforeAll(async () => {
  cookieless.listen(0, '127.0.0.1');
  await once(cookieless, 'listening');
  baseURL = `http://127.0.0.1:${(cookieless.address() as AddressInfo).port}`;
});
afterAll(() => cookieless.close().closeAllConnections());

/** Signs in on the page that asks for it. */
async function signsInAgain(person: Person, email: string) {
  await expect(person.heading).toHaveText('Sign in');
  await person.field('E-mail address').fill(email);
  await person.field('Password').fill('correct horse');
  await person.button('Sign in').click();
}

/** Makes the page one of another build: no action that its forms name is known any more. */
async function growsOld({ page }: Person) {
  const other = (id: string) => id.replace(/^(..)(.{4})/, '$1ffff');
  await page.route('**', async (route) => {
    const { 'next-action': action, ...headers } = route.request().headers();
    if (action) return route.continue({ headers: { ...headers, 'next-action': other(action) } });
    if (route.request().method() !== 'POST') return route.continue();
    const body = route.request().postDataBuffer()?.toString('latin1') ?? '';
    const postData = Buffer.from(body.replace(/(?<="id":"|ACTION_ID_)\w{42}/g, other), 'latin1');
    return route.continue({ postData });
  });
}

describe('half of a form', () => {
  it('is there again after the page was loaded anew, or a sign-in, and gone with a sign-out', async () => {
    const person = await site.person();
    await person.caller.signUp('half@example.com');
    await person.becomes(person);
    const types = async (title: string) => {
      await person.watches('/tickets/new');
      await expect(person.field('Title')).toHaveValue('');
      await person.field('Title').fill(title);
    };
    await types('Half a title');
    await person.page.reload();
    await expect(person.field('Title')).toHaveValue('Half a title');
    await person.page.context().clearCookies();
    await person.page.reload();
    await signsInAgain(person, 'half@example.com');
    await expect(person.field('Title')).toHaveValue('Half a title');
    await person.field('Price').fill('5');
    await person.button('List the ticket').click();
    await expect(person.heading).toHaveText('Half a title');
    await types('Nobody else sees this');
    await person.button('Sign out').click();
    await expect(person.link('Sign in')).toBeVisible();
    await person.becomes(await site.person());
    await types('');
  });
});

describe.each([
  ['with scripts', {}],
  ['without scripts', { javaScriptEnabled: false }],
])('%s', (_, options) => {
  it('a listing and an edit are there again after signing in, when the session has ended', async () => {
    const person = await site.person(options);
    const email = `back-${'javaScriptEnabled' in options}@example.com`;
    await person.caller.signUp(email);
    await person.becomes(person);
    // With scripts the page refreshes itself once its stream is open: the session ends after that.
    if ('javaScriptEnabled' in options) await person.goto('/tickets/new');
    else await person.watches('/tickets/new');
    await person.field('Title').fill('Typed for long 五月天 🎟');
    await person.field('Price').fill('49.90');
    await person.page.context().clearCookies();
    await person.button('List the ticket').click();
    await signsInAgain(person, email);
    await expect(person.field('Title')).toHaveValue('Typed for long 五月天 🎟');
    await expect(person.field('Price')).toHaveValue('49.90');
    await expect(person.main).toContainText(OUTDATED);
    await person.button('List the ticket').click();
    await expect(person.heading).toHaveText('Typed for long 五月天 🎟');
    await expect(person.main).not.toContainText(OUTDATED);
    const cookies = await person.page.context().cookies();
    expect(cookies.map(({ name }) => name).sort()).toEqual(['device', 'session']);

    const { pathname } = new URL(person.page.url());
    await person.turnsDeaf();
    await person.goto(`${pathname}/edit`);
    await person.field('Price').fill('70');
    await person.page.context().clearCookies();
    await person.button('Save').click();
    await person.edits(pathname.replace('/tickets/', ''), 'Edited elsewhere', 6000);
    await signsInAgain(person, email);
    await expect(person.field('Price')).toHaveValue('70');
    await person.button('Save').click();
    await expect(person.main).toContainText('It is now Edited elsewhere at $60.00');
    await person.button('Save').click();
    await expect(person.main).toContainText('$70.00');
    site.complaints.length = 0;
  });

  it('a form of a page that has grown old is shown anew, with what was typed, and sent', async () => {
    const [seller, person] = await Promise.all([site.person(), site.person(options)]);
    const ticket = await seller.sells('Older than the build');
    await person.goto('/tickets/new');
    await person.field('Title').fill('Half filled');
    await person.field('Price').fill('12.50');
    await growsOld(person);
    await person.button('List the ticket').click();
    await expect(person.main).toContainText(OUTDATED);
    await expect(person.field('Title')).toHaveValue('Half filled');
    await expect(person.field('Price')).toHaveValue('12.50');
    await person.page.unrouteAll();
    await person.button('List the ticket').click();
    await expect(person.heading).toHaveText('Half filled');

    await person.goto(`/tickets/${ticket.id}`);
    await growsOld(person);
    await person.button('Buy').click();
    await expect(person.main).toContainText(OUTDATED);
    await expect(person.heading).toHaveText('Older than the build');
    await person.page.unrouteAll();
    await person.button('Buy').click();
    await person.atCheckout();
    site.complaints.length = 0;
  });

  it('a browser that refuses cookies is told so', async () => {
    const visitor = await site.visitor({ ...options, baseURL });
    await visitor.goto('/auth/signup?next=%2Forders');
    await visitor
      .field('E-mail address')
      .fill(`refused-${'javaScriptEnabled' in options}@example.com`);
    await visitor.field('Password').fill('correct horse');
    await visitor.button('Sign up').click();
    await expect(visitor.main).toContainText('Your browser refused the cookie');
    await visitor
      .field('E-mail address')
      .fill(`refused-${'javaScriptEnabled' in options}@example.com`);
    await visitor.field('Password').fill('correct horse');
    await visitor.button('Sign in').click();
    await expect(visitor.page).toHaveURL(/next=%2Forders&cookie=refused/);
    await expect(visitor.main).toContainText('Your browser refused the cookie');
    site.complaints.length = 0;
  });
});
