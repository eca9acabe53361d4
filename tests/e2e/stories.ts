/** Stories that hold whether Fairseat runs in one process or in many. */
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, type Person, type Site } from './site.ts';

async function signsUp(person: Person, email: string) {
  await person.field('E-mail address').fill(email);
  await person.field('Password').fill('correct horse');
  await person.button('Sign up').click();
  await expect(person.button('Sign out')).toBeVisible();
}

/** Somebody sells, somebody else finds it and buys, and the first one sees it happen. */
export async function fromSignUpToReceipt(site: Site) {
  const sam = await site.visitor();
  await sam.goto('/auth/signup');
  await signsUp(sam, 'sam@example.com');
  await sam.link('Sell a ticket').first().click();
  await sam.field('Title').fill('Row 12, seat 7, an evening of velar consonants');
  await sam.field('Price').fill('49.90');
  await sam.button('List the ticket').click();
  await expect(sam.heading).toHaveText(/velar/);
  await expect(sam.main).toContainText('$49.90');
  await expect(sam.main).toContainText('Your ticket is for sale.');

  const bea = await site.visitor();
  await bea.goto('/');
  await bea.field('Search').fill('velar consonants');
  await bea.field('Search').press('Enter');
  await expect(bea.heading).toContainText('velar consonants');
  await bea.link(/velar/).click();
  await bea.link('Sign in to buy').click();
  await bea.link('Sign up').last().click();
  await signsUp(bea, 'bea@example.com');
  await expect(bea.heading).toHaveText(/velar/);
  await bea.button('Buy').click();
  await bea.atCheckout();
  await expect(sam.main).toContainText('A buyer is holding your ticket');
  await bea.paysWith('Succeeds');
  await expect(bea.heading).toHaveText('The seat is yours');
  await expect(bea.main).toContainText('$49.90');
  await expect(sam.main).toContainText('Your ticket is sold.');
  await bea.goto('/orders');
  await expect(bea.main).toContainText('Paid');
}

/** A client may connect from any address of the loopback network. */
const ELSEWHERE = '127.0.0.2';
const GUESSES = 5;

/** Limits count visitors, not the pages that ask on their behalf. Needs `RATE_LIMITS=on`. */
export async function guessingStopsOneVisitorAlone(site: Site) {
  const email = `guessed-${process.pid}@example.com`;
  await site.caller().signUp(email);
  for (let guess = 0; guess < GUESSES; guess++) {
    expect(await signInFrom(ELSEWHERE, site, email)).toContain('password is wrong');
  }
  expect(await signInFrom(ELSEWHERE, site, email)).toContain('Too many wrong passwords');
  const owner = await site.visitor();
  await owner.signsIn(email, 'correct horse');
}

/** Posts the form as a browser without scripts does. Returns the page that follows. */
async function signInFrom(localAddress: string, site: Site, email: string): Promise<string> {
  const url = `${site.url}/auth/signin`;
  const page = await send(request(url, { localAddress }));
  const form = new FormData();
  for (const [, name = '', value = ''] of page.matchAll(
    /type="hidden" name="(.+?)"(?: value="(.*?)")?/g,
  )) {
    form.append(name, value.replaceAll('&quot;', '"'));
  }
  form.append('email', email);
  form.append('password', 'a guess');
  const body = new Response(form);
  const headers = { 'content-type': body.headers.get('content-type') ?? '', origin: site.url };
  return send(request(url, { method: 'POST', localAddress, headers }), await body.bytes());
}

async function send(sent: ClientRequest, body?: Uint8Array): Promise<string> {
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return text(response);
}
