/** The pages of the local Stripe in Chromium, with the policies that it holds them to. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AxeBuilder } from '@axe-core/playwright';
import { listenLocally } from '@fairseat/gateways/local-stripe';
import { browserProgram } from '@fairseat/servers/browser';
import { openLocalStripe } from '@fairseat/test-support/local-stripe';
import { type Browser, type BrowserContextOptions, chromium } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

let browser: Browser;
const merchant = createServer((request, response) => response.end(`Back at ${request.url}`));
let merchantUrl = '';

beforeAll(async () => {
  merchant.listen(0, '127.0.0.1');
  await once(merchant, 'listening');
  merchantUrl = `http://127.0.0.1:${(merchant.address() as AddressInfo).port}`;
  browser = await chromium.launch({
    executablePath: await browserProgram(),
    args: ['--no-sandbox'],
  });
});

afterAll(async () => {
  await browser.close();
  merchant.close();
});

/** A local Stripe, and a visitor whose browser must complain of nothing. */
async function open(options: BrowserContextOptions = {}) {
  const listening = await listenLocally(0);
  const opened = await openLocalStripe({ origin: listening.origin });
  listening.serve(opened.local);
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  onTestFinished(async () => {
    await context.close();
    await listening.close();
    // An icon, which it has not, and a decline, which is 402.
    const grave = complaints.filter((line) => !line.startsWith('Failed to load resource'));
    expect(grave).toEqual([]);
  });
  return { ...opened, page };
}

type Opened = Awaited<ReturnType<typeof open>>;

const pay = ({ stripe }: Opened) =>
  stripe.paymentIntents.create({
    amount: 4990,
    currency: 'usd',
    allowed_payment_method_types: ['card'],
    payment_method: 'pm_card_authenticationRequired',
    confirm: true,
    return_url: `${merchantUrl}/orders/1`,
  });

const bankOf = (intent: Awaited<ReturnType<typeof pay>>) =>
  String(intent.next_action?.redirect_to_url?.url);

const checkOut = ({ stripe }: Opened) =>
  stripe.checkout.sessions.create({
    mode: 'payment',
    success_url: `${merchantUrl}/orders/1`,
    line_items: [
      {
        quantity: 1,
        price_data: { currency: 'usd', unit_amount: 4990, product_data: { name: 'A' } },
      },
    ],
  });

describe('the pages of the local Stripe', () => {
  it.each([true, false])(
    'lead back from the bank (with scripts: %s)',
    async (javaScriptEnabled) => {
      const opened = await open({ javaScriptEnabled });
      const { page, stripe } = opened;
      const intent = await pay(opened);
      await page.goto(bankOf(intent));
      await page.getByRole('button', { name: 'Confirm the payment' }).click();
      await page.getByText('Back at /orders/1?').waitFor();
      expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
    },
  );

  it('lead from a checkout by way of the bank to the end', async () => {
    const opened = await open({ javaScriptEnabled: false });
    const { page, stripe } = opened;
    const session = await checkOut(opened);
    await page.goto(String(session.url));
    await page.getByLabel('pm_card_chargeDeclined', { exact: true }).check();
    await page.getByRole('button', { name: 'Pay' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('pm_card_authenticationRequired').check();
    await page.getByRole('button', { name: 'Pay' }).click();
    await page.getByRole('button', { name: 'Confirm the payment' }).click();
    await page.getByText('Back at /orders/1').waitFor();
    const { status, payment_status } = await stripe.checkout.sessions.retrieve(session.id);
    expect([status, payment_status]).toEqual(['complete', 'paid']);
  });

  it.each(['light', 'dark'] as const)(
    'have no fault that axe finds, in %s',
    async (colorScheme) => {
      const opened = await open({ colorScheme, bypassCSP: true });
      const { page } = opened;
      for (const address of [bankOf(await pay(opened)), String((await checkOut(opened)).url)]) {
        await page.goto(address);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations).toEqual([]);
      }
    },
  );
});
