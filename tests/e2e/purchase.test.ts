/** Buying and selling in the browser, step by step, and with the mistakes of real people. */
import { beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';
import { fromSignUpToReceipt } from './stories.ts';

const site = siteForAll();
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
});

const SUCCEEDS = 'Succeeds';
const ASKS = 'Asks for confirmation';
const DECLINED = 'Is declined: too little money';

describe('a purchase', () => {
  it('leads from sign-up to receipt, and the seller sees it happen', () =>
    fromSignUpToReceipt(site));

  it('that is declined says so, lets the ticket go, and leads back to try another card', async () => {
    const ticket = await seller.sells('Declined');
    const buyer = await site.person();
    await buyer.buys(ticket.id);
    await buyer.paysWith(DECLINED);
    await expect(buyer.main).toContainText('Your card has insufficient funds.');
    await expect(buyer.main).toContainText('you were not charged');
    await buyer.page.reload();
    await expect(buyer.main).toContainText('Your card has insufficient funds.');
    await buyer.link('Try again with another card').click();
    await expect(buyer.button('Buy')).toBeVisible();
    await buyer.button('Buy').click();
    await buyer.atCheckout();
    await buyer.paysWith(SUCCEEDS);
    await expect(buyer.heading).toHaveText('The seat is yours');
  });

  it('that the bank asks about is paid when the buyer confirms', async () => {
    const ticket = await seller.sells('Confirmed');
    const buyer = await site.person();
    await buyer.buys(ticket.id);
    await buyer.paysWith(ASKS);
    await expect(buyer.heading).toHaveText('Is this you?');
    await buyer.page.reload();
    await buyer.button('Confirm payment').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
  });

  it('that the bank asks about is not paid when the buyer refuses', async () => {
    const ticket = await seller.sells('Refused');
    const buyer = await site.person();
    await buyer.buys(ticket.id);
    await buyer.paysWith(ASKS);
    await buyer.button('Refuse').click();
    await expect(buyer.main).toContainText('The payment was not confirmed.');
    await expect(buyer.main).toContainText('you were not charged');
    expect((await seller.ticket(ticket.id)).status).toBe('available');
  });

  it('is given up where checkout is left', async () => {
    const ticket = await seller.sells('Let go');
    const buyer = await site.person();
    await buyer.buys(ticket.id);
    await buyer.link('Leave checkout').click();
    await buyer.button('Let the ticket go').click();
    await expect(buyer.main).toContainText('You let this ticket go');
    await expect(buyer.link('Look at the ticket again')).toBeVisible();
    expect((await seller.ticket(ticket.id)).status).toBe('available');
  });
});

describe('clumsy hands', () => {
  it('that click twice buy once and pay once', async () => {
    const ticket = await seller.sells('Twice');
    const buyer = await site.person();
    await buyer.goto(`/tickets/${ticket.id}`);
    await buyer.button('Buy').dblclick();
    await buyer.atCheckout();
    expect(await buyer.orders()).toHaveLength(1);
    await buyer.button(/^Pay /).dblclick();
    await expect(buyer.heading).toHaveText('The seat is yours');
    expect(await buyer.orders()).toHaveLength(1);
  });

  it('that send the same form from two tabs buy once and pay once', async () => {
    const ticket = await seller.sells('Two tabs');
    const buyer = await site.person();
    const other = await buyer.tab();
    await Promise.all([buyer.turnsDeaf(), other.turnsDeaf()]);
    await Promise.all([buyer.goto(`/tickets/${ticket.id}`), other.goto(`/tickets/${ticket.id}`)]);
    await Promise.all([buyer.button('Buy').click(), other.button('Buy').click()]);
    await Promise.all([buyer.atCheckout(), other.atCheckout()]);
    expect(await buyer.orders()).toHaveLength(1);
    await Promise.all([buyer.button(/^Pay /).click(), other.button(/^Pay /).click()]);
    await expect(buyer.heading).toHaveText('The seat is yours');
    await expect(other.heading).toHaveText('The seat is yours');
    site.complaints.length = 0;
  });

  it('that reload at every step lose nothing', async () => {
    const ticket = await seller.sells('Reloaded');
    const buyer = await site.person();
    await buyer.goto(`/tickets/${ticket.id}`);
    await buyer.page.reload();
    await buyer.button('Buy').click();
    const path = await buyer.atCheckout();
    await buyer.page.reload();
    await expect(buyer.button(/^Pay /)).toBeVisible();
    await buyer.paysWith(ASKS);
    await expect(buyer.heading).toHaveText('Is this you?');
    await buyer.page.reload();
    await expect(buyer.heading).toHaveText('Is this you?');
    await buyer.button('Confirm payment').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
    await buyer.page.reload();
    await expect(buyer.heading).toHaveText('The seat is yours');
    expect(new URL(buyer.page.url()).pathname).toBe(path);
    expect(await buyer.orders()).toHaveLength(1);
  });

  it('that go back after paying find what is true', async () => {
    const ticket = await seller.sells('Back');
    const buyer = await site.person();
    await buyer.buys(ticket.id);
    await buyer.paysWith(ASKS);
    await buyer.button('Confirm payment').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
    await buyer.page.goBack();
    await expect(buyer.button(/^Pay |Confirm payment/)).toHaveCount(0);
    await expect(buyer.main).toContainText(/The seat is yours|This ticket is yours/);
  });

  it('whose answer is lost on the way are told how it ended, and pay once', async () => {
    const ticket = await seller.sells('Lost answer');
    const buyer = await site.person();
    await buyer.buys(ticket.id);
    await buyer.page.route('**/orders/*', async (route) => {
      if (route.request().method() !== 'POST') return route.continue();
      await route.fetch();
      await route.abort();
    });
    await buyer.paysWith(SUCCEEDS);
    await expect(buyer.heading).toHaveText('The seat is yours');
    await buyer.page.unrouteAll();
    await buyer.page.reload();
    await expect(buyer.heading).toHaveText('The seat is yours');
    site.complaints.length = 0;
  });
});
