/** Whoever reaches a limit of fair use is told so in words, and what to do. */
import { beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll({ env: { RATE_LIMITS: 'on', MAX_HOLDS: '2' } });
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
});

describe.each([
  ['with scripts', {}],
  ['without scripts', { javaScriptEnabled: false }],
])('%s', (name, options) => {
  it('a buyer who holds too many tickets is led to those', async () => {
    const titles = ['One', 'Two'].map((title) => `${title} ${name}`);
    const buyer = await site.person(options);
    for (const title of titles) await buyer.holds((await seller.sells(title, 4990)).id);
    await buyer.goto(`/tickets/${(await seller.sells('One too many', 4990)).id}`);
    await buyer.button('Buy').click();
    await expect(buyer.main).toContainText('You may hold 2 unpaid tickets at once.');
    for (const title of titles)
      await expect(buyer.main.getByRole('link', { name: title })).toBeVisible();
    await buyer.link(titles[0] as string).click();
    await buyer.atCheckout();
  });

  it('a buyer who let a ticket go is told how long to leave it to others', async () => {
    const ticket = await seller.sells(`Wanted ${name}`, 4990);
    const buyer = await site.person(options);
    await buyer.cancels((await buyer.holds(ticket.id)).id);
    await expect.poll(async () => (await seller.ticket(ticket.id)).status).toBe('available');
    await buyer.goto(`/tickets/${ticket.id}`);
    await buyer.button('Buy').click();
    await expect(buyer.main).toContainText('You have held this ticket before');
    await expect(buyer.main).toContainText(/Try again in \d+ seconds\./);
  });
});
