/**
 * Purchases by Stripe's own SDK and a local Stripe, whose bank has a page of its own.
 * `PICTURES=docs/pictures npm test -- local-stripe` keeps pictures.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { freePort } from '@fairseat/servers';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const folder = process.env['PICTURES'];
const site = siteForAll({
  flags: ['--local-stripe'],
  // Its bank must know before the start where to send buyers back to.
  env: { LOG_LEVEL: 'debug', DECLINE: 'retry', PORT: String(await freePort(0)) },
});
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
});

async function keep({ page }: Person, name: string) {
  expect((await new AxeBuilder({ page }).analyze()).violations, name).toEqual([]);
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `stripe-${name}.png`) });
}

async function atCheckout(title: string, options = {}): Promise<[Person, string]> {
  const buyer = await site.person({ viewport: { width: 1280, height: 800 }, ...options });
  return [buyer, await buyer.buys((await seller.sells(title)).id)];
}

describe('on a local Stripe', () => {
  it('a card pays, and the form says who takes the payment', async () => {
    const [buyer] = await atCheckout('Row 3, seat 7');
    await expect(buyer.main).toContainText('A stand-in for Stripe on this machine');
    await keep(buyer, 'card');
    await buyer.paysWith('Succeeds');
    await expect(buyer.heading).toHaveText('The seat is yours');
    await keep(buyer, 'receipt');
  });

  it('the bank asks on its own page, and leads back to the receipt', async () => {
    const [buyer, path] = await atCheckout('Row 3, seat 8');
    await buyer.paysWith('Asks for confirmation');
    await expect(buyer.heading).toHaveText('Your test bank');
    expect(new URL(buyer.page.url()).origin).not.toBe(site.url);
    await keep(buyer, 'bank');
    await buyer.button('Confirm the payment').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
    expect(buyer.page.url()).toBe(site.url + path);
  });

  it('a card that is declined, or refused at the bank, says why, and another pays', async () => {
    const [buyer] = await atCheckout('Row 3, seat 9');
    await buyer.paysWith('Is declined: too little money');
    await expect(buyer.main).toContainText('Your card has insufficient funds.');
    await keep(buyer, 'declined');
    await buyer.paysWith('Asks for confirmation');
    await buyer.button('Refuse').click();
    await expect(buyer.heading).toHaveText('Try another card');
    await expect(buyer.main).toContainText('You were not charged');
    await buyer.paysWith('Succeeds');
    await expect(buyer.heading).toHaveText('The seat is yours');
  });

  it('the way to the bank and back needs no scripts', async () => {
    const [buyer, path] = await atCheckout('Row 3, seat 10', { javaScriptEnabled: false });
    await buyer.paysWith('Asks for confirmation');
    await buyer.link('Go to the bank').click();
    await buyer.button('Confirm the payment').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
    expect(buyer.page.url()).toBe(site.url + path);
  });

  afterAll(() => {
    expect(site.log()).not.toMatch(/_secret_\w{5}|sk_test_|whsec_|pm_card_|ctoken_/);
  });
});
