/** What a buyer is told whose money is held: that the ticket is theirs, or that it could not be taken. */
import { beforeAll, describe, it } from 'vitest';
import { bankOf, expect, type Person, siteForAll } from './site.ts';

const site = siteForAll({ program: 'tests/e2e/stripe-form.ts' });
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
});

describe('a ticket', () => {
  it('is told to be the buyer’s in each open tab, before the money is taken', async () => {
    const buyer = await site.person();
    const { id } = await buyer.holds((await seller.sells('In another tab')).id);
    await buyer.watches(`/orders/${id}`);
    const tab = await buyer.tab();
    await tab.watches(`/orders/${id}`);
    await fetch(`${bankOf(site)}/stops`);
    const paying = buyer.pays(id);
    try {
      for (const { heading } of [tab, buyer]) await expect(heading).toHaveText('The seat is yours');
      const [order] = await buyer.orders();
      expect(order).toMatchObject({ status: 'awaiting_payment', securedAt: expect.any(String) });
    } finally {
      await fetch(`${bankOf(site)}/goes-on`);
    }
    expect(await paying).toMatchObject({ status: 'completed' });
  });

  it('is not, if the money that was held cannot be taken, and nothing was charged', async () => {
    const buyer = await site.person();
    const { id } = await buyer.holds((await seller.sells('Taken back')).id);
    await buyer.watches(`/orders/${id}`);
    const token = 'pm_fairseat_captureRefused';
    await buyer.caller.send('POST', '/api/payments', { orderId: id, token });
    await expect(buyer.heading).toHaveText('The payment failed after all');
    await expect(buyer.main).toContainText('You were not charged, and the ticket was let go.');
  });
});
