/** Nobody buys at a price that they have not seen, and nobody overwrites what they have not seen. */
import { beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll();
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
});

describe.each([
  ['with scripts', {}],
  ['without scripts', { javaScriptEnabled: false }],
])('%s', (_, options) => {
  it('a buyer is shown the old price and the new one, and asked again', async () => {
    const ticket = await seller.sells('Dearer while looked at', 4990);
    const buyer = await site.person(options);
    await buyer.turnsDeaf();
    await buyer.goto(`/tickets/${ticket.id}`);
    await seller.edits(ticket.id, 'Dearer while looked at', 5550);
    await buyer.button('Buy').click();
    await expect(buyer.main).toContainText('The seller has changed the price');
    await expect(buyer.main).toContainText(/You saw\s*\$49\.90\s*It is now\s*\$55\.50/);
    expect(await buyer.orders()).toEqual([]);
    await buyer.button('Buy for $55.50').click();
    await buyer.atCheckout();
    await expect(buyer.main).toContainText('$55.50');
  });

  it('a seller who edits an old page is shown the ticket as it is, and keeps what was typed', async () => {
    const ticket = await seller.sells('In two tabs', 4990);
    const tab = await site.person(options);
    await tab.becomes(seller);
    await tab.turnsDeaf();
    await tab.goto(`/tickets/${ticket.id}/edit`);
    await seller.edits(ticket.id, 'In two tabs, row 2', 6000);
    await tab.field('Price').fill('70');
    await tab.button('Save').click();
    await expect(tab.main).toContainText('It is now In two tabs, row 2 at $60.00');
    await expect(tab.field('Price')).toHaveValue('70');
    expect(await seller.ticket(ticket.id)).toMatchObject({ price: 6000 });
    await tab.button('Save').click();
    await expect(tab.main).toContainText('$70.00');
    expect(await seller.ticket(ticket.id)).toMatchObject({ title: 'In two tabs', price: 7000 });
  });

  it('a seller saves although the ticket was held and let go meanwhile', async () => {
    const ticket = await seller.sells('Held for a moment', 4990);
    const tab = await site.person(options);
    await tab.becomes(seller);
    await tab.turnsDeaf();
    await tab.goto(`/tickets/${ticket.id}/edit`);
    const buyer = await site.person();
    await buyer.cancels((await buyer.holds(ticket.id)).id);
    await expect.poll(async () => (await seller.ticket(ticket.id)).status).toBe('available');
    await tab.field('Price').fill('70');
    await tab.button('Save').click();
    await expect(tab.main).toContainText('$70.00');
  });
});

describe('a price that changes under the eyes of a buyer', () => {
  it('is shown beside the one before, and asked about', async () => {
    const ticket = await seller.sells('Dearer live', 4990);
    const buyer = await site.person();
    await buyer.watches(`/tickets/${ticket.id}`);
    await seller.edits(ticket.id, 'Dearer live', 5550);
    await expect(buyer.main).toContainText(/You saw\s*\$49\.90\s*It is now\s*\$55\.50/);
    await buyer.button('Buy for $55.50').click();
    await buyer.atCheckout();
  });
});
