/** Where another card may be tried after one was declined: the reason, the time left and the form, on any device. */
import { AxeBuilder } from '@axe-core/playwright';
import { beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll({ env: { DECLINE: 'retry', DECLINES_PER_ORDER: '3' } });
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
});

const POOR = 'Is declined: too little money';

describe.each([
  ['', {}],
  [', on a phone', { viewport: { width: 375, height: 667 } }],
  [', without scripts', { javaScriptEnabled: false }],
])('a declined card%s', (_, options) => {
  it('is told with its reason, and the next one pays', async () => {
    const buyer = await site.person(options);
    const path = await buyer.buys((await seller.sells('Tried again')).id);
    await expect(buyer.main).toContainText('you may try another card');
    await buyer.paysWith(POOR);
    await expect(buyer.heading).toHaveText('Try another card');
    await expect(buyer.main).toContainText(
      'Your card has insufficient funds. You were not charged, and the ticket is still held for you.',
    );
    await expect(buyer.page.getByRole('timer')).toContainText(/left to pay|minutes/);
    await buyer.page.reload();
    await expect(buyer.main).toContainText('insufficient funds');
    expect(new URL(buyer.page.url()).pathname).toBe(path);
    await buyer.paysWith('Succeeds');
    await expect(buyer.heading).toHaveText('The seat is yours');
    await expect(buyer.main).not.toContainText('insufficient funds');
  });

  it('ends the order when it is the last one', async () => {
    const buyer = await site.person(options);
    const { id } = await seller.sells('Tried too often');
    await buyer.buys(id);
    for (const words of ['Try another card', 'Try another card', 'Payment declined']) {
      await buyer.paysWith(POOR);
      // Each answer is a step of its own, and its heading takes the focus.
      if (!('javaScriptEnabled' in options)) await expect(buyer.heading).toBeFocused();
      await expect(buyer.heading).toHaveText(words);
    }
    await expect(buyer.main).toContainText('Your card has insufficient funds.');
    await expect(buyer.main).toContainText('The ticket was let go, and you were not charged.');
    expect((await seller.ticket(id)).status).toBe('available');
  });
});

describe('another card', () => {
  it('is asked for without a fault that axe would find, and takes the focus along', async () => {
    const buyer = await site.person();
    await buyer.buys((await seller.sells('By keyboard')).id);
    await buyer.paysWith(POOR);
    await expect(buyer.heading).toBeFocused();
    for (const colorScheme of ['light', 'dark'] as const) {
      await buyer.page.emulateMedia({ colorScheme });
      expect((await new AxeBuilder({ page: buyer.page }).analyze()).violations).toEqual([]);
    }
    await buyer.page.getByRole('radio', { name: 'Succeeds' }).press('Space');
    await buyer.button(/^Pay /).press('Enter');
    await expect(buyer.heading).toHaveText('The seat is yours');
  });

  it('may be tried after the bank was refused, and in another tab', async () => {
    const buyer = await site.person();
    const path = await buyer.buys((await seller.sells('Refused')).id);
    await buyer.paysWith('Asks for confirmation');
    await buyer.button('Refuse').click();
    await expect(buyer.heading).toHaveText('Try another card');
    await expect(buyer.main).toContainText('The payment was not confirmed.');
    const other = await buyer.tab();
    await other.goto(path);
    await other.paysWith('Succeeds');
    await expect(other.heading).toHaveText('The seat is yours');
    await expect(buyer.heading).toHaveText('The seat is yours');
  });
});
