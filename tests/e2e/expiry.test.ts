/** Holds that end by themselves, after a few seconds. */
import { beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';
import { translates } from './translator.ts';

const site = siteForAll({ env: { ORDER_EXPIRATION_SECONDS: '10' } });
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
});

describe('a hold that runs out', () => {
  it('shows in both browsers by itself, translated too, with a way back', async () => {
    const ticket = await seller.sells('Run out');
    const [buyer, other] = await Promise.all([site.person(), site.person()]);
    await Promise.all([buyer, other].map(translates));
    await other.goto(`/tickets/${ticket.id}`);
    await expect(other.button('Buy')).toBeVisible();
    await buyer.buys(ticket.id);
    await expect(buyer.page.getByRole('timer')).toBeVisible();
    await expect(other.main).toContainText('Another buyer is holding this ticket');
    await expect(buyer.main).toContainText('hold has ended');
    await expect(buyer.button(/^Pay /)).toHaveCount(0);
    await expect(other.button('Buy')).toBeVisible();
    await expect(buyer.heading).toHaveText('Your hold has ended');
    await buyer.link('Look at the ticket again').click();
    await expect(buyer.button('Buy')).toBeVisible();
  });

  it("ends by the server's clock, whatever the visitor's says", async () => {
    const ticket = await seller.sells('Wrong clock');
    const buyer = await site.person();
    // The clock is a day behind, so by it the hold would last a day longer.
    await buyer.page.addInitScript(
      'const { now } = Date; Date.now = () => now.call(Date) - 86_400_000;',
    );
    await buyer.buys(ticket.id);
    const timer = buyer.page.getByRole('timer');
    await expect(timer).toContainText(/00:0\d/);
    await expect(buyer.heading).toHaveText('Your hold has ended');
  });

  it('shows by itself where scripts do not run as well', async () => {
    const ticket = await seller.sells('No scripts at the end');
    const buyer = await site.person({ javaScriptEnabled: false });
    const { id } = await buyer.holds(ticket.id);
    await buyer.goto(`/orders/${id}`);
    await expect(buyer.button(/^Pay /)).toBeVisible();
    await expect(buyer.heading).toHaveText('Your hold has ended');
    await expect.poll(async () => (await seller.ticket(ticket.id)).status).toBe('available');
  });

  it('while the bank asks takes no money', async () => {
    const ticket = await seller.sells('Bank too late');
    const buyer = await site.person();
    await buyer.buys(ticket.id);
    await buyer.paysWith('Asks for confirmation');
    await expect(buyer.heading).toHaveText('Is this you?');
    await expect(buyer.main).toContainText('hold has ended');
    await expect.poll(async () => (await buyer.orders())[0]?.status).toBe('cancelled');
  });
});
