/**
 * Cards that Stripe's script asks for. The script comes from Stripe's own address, which the tests answer for: what stands
 * for it is in `stripe-script.ts`. Stripe's own was not run here, since nothing here reaches the internet.
 */

import { AxeBuilder } from '@axe-core/playwright';
import type { Route } from '@playwright/test';
import { beforeAll, describe, it } from 'vitest';
import { bankOf, expect, type Person, siteForAll } from './site.ts';
import { STRIPE_FRAME, STRIPE_SCRIPT } from './stripe-script.ts';

const program = 'tests/e2e/stripe-form.ts';
const site = siteForAll({ program });
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
});

/** Somebody whose browser reaches Stripe. */
async function shopper(options = {}, of = site): Promise<Person> {
  const person = await of.person(options);
  const context = person.page.context();
  await context.route('https://js.stripe.com/**', (route) =>
    route.request().resourceType() === 'script'
      ? route.fulfill({ contentType: 'text/javascript', body: STRIPE_SCRIPT })
      : route.fulfill({ contentType: 'text/html', body: STRIPE_FRAME }),
  );
  await context.route('https://api.stripe.com/authenticate/*', async (route) => {
    const { pathname, search } = new URL(route.request().url());
    const answer = await fetch(`${bankOf(of)}${pathname.replace('/authenticate', '')}${search}`);
    const headers = { 'access-control-allow-origin': '*' };
    await route.fulfill({ body: await answer.text(), headers });
  });
  return person;
}

const fields = ({ page }: Person) =>
  page.frameLocator('iframe[title="Secure payment input frame"]');
const chooses = (person: Person, card: string) =>
  fields(person).getByRole('radio', { name: card, exact: true }).check();
const toldStripe = ({ page }: Person) =>
  page.evaluate<{ call: string; [what: string]: unknown }[]>('window.told ?? []');

async function atForm(person: Person, title: string): Promise<string> {
  const path = await person.buys((await seller.sells(title)).id);
  await expect(person.button(/^Pay /)).toBeVisible();
  return path;
}

describe('a card', () => {
  it('is asked for in a frame of Stripe, at the price, and pays', async () => {
    const buyer = await shopper();
    const path = await atForm(buyer, 'By card');
    await chooses(buyer, 'visa');
    await buyer.button('Pay $49.90').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
    const told = await toldStripe(buyer);
    expect(told).toMatchObject([
      { call: 'Stripe', key: 'pk_test_form' },
      { call: 'elements' },
      { call: 'submit', inClick: true },
      { call: 'createConfirmationToken', params: { return_url: site.url + path } },
    ]);
    expect(told[1]?.['options']).toMatchObject({
      mode: 'payment',
      amount: 4990,
      currency: 'usd',
      allowedPaymentMethodTypes: ['card', 'link'],
    });
  });

  it('that is not complete is not sent', async () => {
    const buyer = await shopper();
    await atForm(buyer, 'Incomplete');
    await buyer.button(/^Pay /).click();
    await expect(buyer.page.getByRole('alert').first()).toHaveText(
      'Your card number is incomplete.',
    );
    expect((await toldStripe(buyer)).map(({ call }) => call)).not.toContain(
      'createConfirmationToken',
    );
    await chooses(buyer, 'visa');
    await buyer.button(/^Pay /).dblclick();
    await expect(buyer.heading).toHaveText('The seat is yours');
    const tokens = (await toldStripe(buyer)).filter(
      ({ call }) => call === 'createConfirmationToken',
    );
    expect(tokens).toHaveLength(1);
  });

  it('that is declined says why', async () => {
    const buyer = await shopper();
    await atForm(buyer, 'Declined card');
    await chooses(buyer, 'chargeDeclinedInsufficientFunds');
    await buyer.button(/^Pay /).click();
    await expect(buyer.main).toContainText('Your card has insufficient funds.');
    await expect(buyer.main).toContainText('you were not charged');
  });
});

describe('a bank that asks on the page', () => {
  it('is answered there, once for a double click, and the ticket is paid', async () => {
    const buyer = await shopper();
    await atForm(buyer, 'Asked here');
    await chooses(buyer, 'authenticationRequired');
    await buyer.button(/^Pay /).dblclick();
    await expect(buyer.heading).toHaveText('Your bank has a question');
    await buyer.button('Approve').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
    const asked = (await toldStripe(buyer)).filter(({ call }) => call === 'handleNextAction');
    expect(asked).toHaveLength(1);
  });

  it('asks again after a reload, and after its window was closed', async () => {
    const buyer = await shopper();
    await atForm(buyer, 'Asked again');
    await chooses(buyer, 'authenticationRequired');
    await buyer.button(/^Pay /).click();
    await expect(buyer.button('Approve')).toBeVisible();
    await buyer.page.reload();
    await expect(buyer.button('Approve')).toBeVisible();
    await buyer.button('Close').click();
    await expect(buyer.page.getByRole('alert').first()).toHaveText('The window was closed.');
    await buyer.button('Go on confirming').click();
    await buyer.button('Approve').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
  });

  it('that refuses is believed only when the gateway says so', async () => {
    const buyer = await shopper();
    await atForm(buyer, 'Refused here');
    await chooses(buyer, 'authenticationRequired');
    await buyer.button(/^Pay /).click();
    await buyer.button('Refuse').click();
    await expect(buyer.main).toContainText('The payment was not confirmed.');
    await expect(buyer.main).toContainText('you were not charged');
  });
});

describe('a bank that asks on a page of its own', () => {
  const elsewhere = siteForAll({ program, env: { ASKS_BY: 'redirect', LOG_LEVEL: 'debug' } });

  async function asked(title: string, options = {}): Promise<[Person, string]> {
    const buyer = await shopper(options, elsewhere);
    const ticket = await (await elsewhere.person()).sells(title);
    const path = `/orders/${(await buyer.holds(ticket.id)).id}`;
    return [buyer, path];
  }

  it('is gone to in the same tab, and what it adds to the address is neither believed nor kept', async () => {
    const [buyer, path] = await asked('Redirected');
    await buyer.goto(path);
    await chooses(buyer, 'authenticationRequired');
    await buyer.button(/^Pay /).click();
    await expect(buyer.heading).toHaveText('A bank');
    await buyer.page.goBack();
    await expect(buyer.link('Go to the bank')).toBeVisible();
    await buyer.goto(`${path}?payment_intent=pi_1&redirect_status=succeeded`);
    expect(new URL(buyer.page.url()).search).toBe('');
    await expect(buyer.heading).toHaveText('Your bank has a question');
    await buyer.link('Go to the bank').click();
    await buyer.link('Approve').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
    expect(buyer.page.url()).toBe(elsewhere.url + path);
    expect(elsewhere.log()).not.toContain('_secret_');
  });

  it('comes back with a refusal, which is told', async () => {
    const [buyer, path] = await asked('Refused elsewhere');
    await buyer.pays(path.split('/')[2] ?? '', 'ctoken_authenticationRequired');
    await buyer.goto(path);
    await buyer.link('Go to the bank').click();
    await buyer.link('Refuse').click();
    await expect(buyer.main).toContainText('The payment was not confirmed.');
    expect(buyer.page.url()).toBe(elsewhere.url + path);
  });

  it('is reached without scripts too', async () => {
    const [buyer, path] = await asked('By link', { javaScriptEnabled: false });
    await buyer.pays(path.split('/')[2] ?? '', 'ctoken_authenticationRequired');
    await buyer.goto(path);
    await buyer.link('Go to the bank').click();
    await buyer.link('Approve').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
  });
});

describe('where Stripe cannot be reached', () => {
  const block = (route: Route) => route.abort();

  it('says so and what to do, and goes on once it can', async () => {
    const buyer = await shopper();
    await buyer.page.route('https://js.stripe.com/**', block);
    await buyer.buys((await seller.sells('Blocked')).id);
    await expect(buyer.page.getByRole('alert').first()).toContainText('allow js.stripe.com');
    await expect(buyer.button(/^Pay /)).toHaveCount(0);
    expect((await new AxeBuilder({ page: buyer.page }).analyze()).violations).toEqual([]);
    await buyer.page.unroute('https://js.stripe.com/**');
    await buyer.button('Try again').click();
    await chooses(buyer, 'visa');
    await buyer.button(/^Pay /).click();
    await expect(buyer.heading).toHaveText('The seat is yours');
  });

  it('the bank’s question is kept', async () => {
    const buyer = await shopper();
    await atForm(buyer, 'Blocked question');
    await chooses(buyer, 'authenticationRequired');
    await buyer.button(/^Pay /).click();
    await expect(buyer.button('Approve')).toBeVisible();
    await buyer.page.route('https://js.stripe.com/**', block);
    await buyer.page.reload();
    await expect(buyer.page.getByRole('alert').first()).toContainText('allow js.stripe.com');
    await buyer.page.unroute('https://js.stripe.com/**');
    await buyer.button('Go on confirming').click();
    await buyer.button('Approve').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
  });

  it('and without scripts, the page says that cards need them, and why', async () => {
    const buyer = await shopper({ javaScriptEnabled: false });
    await buyer.buys((await seller.sells('Without scripts')).id);
    const why = buyer.page.locator('noscript .notice');
    await expect(why).toContainText('Paying by card needs scripts: what you type goes straight');
    await expect(buyer.button(/^Pay /)).toHaveCount(0);
    await expect(buyer.button('Let the ticket go')).toBeVisible();
  });
});

describe('the policy of the page', () => {
  const policyOf = async (path: string, cookie = '') => {
    const { headers } = await fetch(site.url + path, { headers: { cookie }, redirect: 'manual' });
    const policy = (headers.get('content-security-policy') ?? '').replace(/nonce-[^']+/, 'nonce');
    return [policy, headers.get('cross-origin-opener-policy')];
  };
  const usual =
    "default-src 'none'; script-src 'nonce' 'strict-dynamic'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  it('allows Stripe where a card is asked for, and nowhere else', async () => {
    const buyer = await site.person();
    const { cookie } = buyer.caller;
    const ticket = await seller.sells('A policy');
    const order = await buyer.holds(ticket.id);
    expect(await policyOf(`/orders/${order.id}`, cookie)).toEqual([
      "default-src 'none'; script-src 'nonce' 'strict-dynamic' https://js.stripe.com; style-src 'self'; font-src 'self'; img-src 'self' https://*.stripe.com; connect-src 'self' https://api.stripe.com; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src https://js.stripe.com https://hooks.stripe.com",
      'same-origin-allow-popups',
    ]);
    const others = [
      '/',
      '/orders',
      '/selling',
      '/auth/signin',
      '/nowhere',
      `/tickets/${ticket.id}`,
    ];
    for (const path of [...others, `/orders/${order.id}/leave`, `/orders/${'f'.repeat(32)}`]) {
      expect(await policyOf(path, cookie), path).toEqual([usual, 'same-origin']);
    }
    await buyer.pays(order.id, 'ctoken_visa');
    expect(await policyOf(`/orders/${order.id}`, cookie)).toEqual([usual, 'same-origin']);
  });
});
