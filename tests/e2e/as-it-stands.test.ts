/** What a page says of a ticket is true when it is read, and who came second is told so. */
import { beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll();
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
});

const LATE = 'You were a moment late.';

describe.each([
  ['with scripts', {}],
  ['without scripts', { javaScriptEnabled: false }],
])('%s', (_, options) => {
  it('a buyer who comes second is told that they were a moment late', async () => {
    const ticket = await seller.sells('Wanted by two');
    const [first, second] = await Promise.all([site.person(), site.person(options)]);
    await second.turnsDeaf();
    await second.goto(`/tickets/${ticket.id}`);
    const order = await first.holds(ticket.id);
    await second.button('Buy').click();
    await expect(second.main).toContainText(`${LATE} Another buyer is holding this ticket.`);
    await expect(second.button('Buy')).toHaveCount(0);
    await expect(second.page.getByRole('article')).toContainText('On hold');
    await second.goto(`/tickets/${ticket.id}`);
    await expect(second.main).toContainText('Another buyer is holding this ticket.');
    await expect(second.main).not.toContainText(LATE);
    await first.cancels(order.id);
    await expect.poll(async () => (await seller.ticket(ticket.id)).status).toBe('available');
    await second.goto(`/tickets/${ticket.id}`);
    await first.pays((await first.holds(ticket.id)).id);
    await expect.poll(async () => (await seller.ticket(ticket.id)).status).toBe('sold');
    await second.button('Buy').click();
    await expect(second.main).toContainText(`${LATE} Sold. Somebody has this seat.`);
    site.complaints.length = 0;
  });

  it('an order that has ended says how its ticket stands', async () => {
    const ticket = await seller.sells('Let go');
    const [buyer, other] = await Promise.all([site.person(options), site.person()]);
    const { id } = await buyer.holds(ticket.id);
    await buyer.cancels(id);
    const says = async (text: string) => {
      if ('javaScriptEnabled' in options) await buyer.goto(`/orders/${id}`);
      await expect(buyer.main).toContainText(text);
    };
    const reaches = (status: string) =>
      expect.poll(async () => (await seller.ticket(ticket.id)).status).toBe(status);
    await reaches('available');
    await buyer.goto(`/orders/${id}`);
    await expect(buyer.main).toContainText('You let this ticket go.');
    await says('The ticket is for sale again.');
    const theirs = await other.holds(ticket.id);
    await says('Another buyer is holding the ticket now.');
    await expect(buyer.main).not.toContainText('for sale again');
    await other.cancels(theirs.id);
    await reaches('available');
    await says('The ticket is for sale again.');
    const again = await buyer.holds(ticket.id);
    await says('You are holding the ticket again.');
    await buyer.pays(again.id);
    await reaches('sold');
    await says('You have bought the ticket since.');
    await expect(buyer.link('See your receipt')).toHaveAttribute('href', `/orders/${again.id}`);
  });
});

describe('a buyer who came second', () => {
  it('sees no box around what they are told, and may buy once the ticket is for sale again', async () => {
    const ticket = await seller.sells('Wanted by two, live');
    const [first, second] = await Promise.all([site.person(), site.person()]);
    // The answer comes after the event.
    await second.page.route('**/tickets/*', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      await first.holds(ticket.id);
      await expect(second.page.locator('[data-look="reserved"]')).toBeVisible();
      await route.continue();
    });
    await second.watches(`/tickets/${ticket.id}`);
    await second.button('Buy').focus();
    await second.page.keyboard.press('Enter');
    await expect(second.main).toContainText(`${LATE} Another buyer is holding this ticket.`);
    const outline = 'getComputedStyle(document.activeElement).outlineStyle';
    expect(await second.page.evaluate(outline)).toBe('none');
    expect(await second.page.evaluate('document.activeElement.localName')).toBe('p');
    for (const { id } of await first.orders()) await first.cancels(id);
    await expect(second.button('Buy')).toBeVisible();
    await expect(second.main).not.toContainText(LATE);
    expect(await second.page.evaluate(outline)).toBe('none');
  });
});
