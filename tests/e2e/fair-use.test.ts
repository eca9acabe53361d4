/** Whoever reaches a limit of fair use is told so in words, and what to do. */
import { beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const ONE_EACH = { EDITS_PER_MINUTE: '1', DECLINES_PER_ACCOUNT: '1' };
const site = siteForAll({ env: { RATE_LIMITS: 'on', MAX_HOLDS: '2', ...ONE_EACH } });
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

  it('a seller who edits too often keeps what was typed', async () => {
    const ticket = await seller.sells('Often edited', 4990);
    await seller.edits(ticket.id, 'Often edited', 5990);
    const tab = await site.person(options);
    await tab.becomes(seller);
    await tab.goto(`/tickets/${ticket.id}/edit`);
    await tab.field('Price').fill('70');
    await tab.button('Save').click();
    await expect(tab.main).toContainText('A ticket may be changed 1 times a minute.');
    await expect(tab.main).toContainText(/Try again in \d+ seconds\./);
    await expect(tab.field('Price')).toHaveValue('70');
  });

  it('a buyer whose cards were declined is told before another is tried', async () => {
    const buyer = await site.person(options);
    const [one, two] = [await seller.sells('One', 4990), await seller.sells('Two', 4990)];
    await buyer.goto(`/orders/${(await buyer.holds(one.id)).id}`);
    await buyer.paysWith('Is declined: too little money');
    await expect(buyer.main).toContainText('declined');
    await buyer.goto(`/orders/${(await buyer.holds(two.id)).id}`);
    await buyer.paysWith('Succeeds');
    await expect(buyer.main).toContainText('Your payments were declined 1 times within an hour.');
    await expect(buyer.main).toContainText(/Try again in \d+ minutes\./);
  });
});
