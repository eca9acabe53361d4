/** What a buyer is told whose money was held and could not be taken. */
import { beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll({ program: 'tests/e2e/stripe-form.ts' });
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
});

describe('a ticket', () => {
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
