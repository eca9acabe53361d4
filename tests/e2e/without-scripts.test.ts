/** Everything but live updates works where scripts do not run. */
import { describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll();

const options = { javaScriptEnabled: false };

async function signsUp(email: string): Promise<Person> {
  const person = await site.visitor(options);
  await person.goto('/auth/signup');
  await person.field('E-mail address').fill(email);
  await person.field('Password').fill('correct horse');
  await person.button('Sign up').click();
  await expect(person.button('Sign out')).toBeVisible();
  return person;
}

describe('without scripts', () => {
  it('one can sell, buy from sign-up to receipt, and sign out', async () => {
    const seller = await signsUp('seller@example.com');
    await seller.link('Sell a ticket').first().click();
    await seller.field('Title').fill('No scripts needed');
    await seller.field('Price').fill('49,90');
    await seller.button('List the ticket').click();
    await expect(seller.heading).toHaveText('No scripts needed');
    await expect(seller.main).toContainText('$49.90');

    const buyer = await signsUp('buyer@example.com');
    await buyer.field('Search').fill('scripts');
    await buyer.button('Search').click();
    await buyer.link('No scripts needed').click();
    await buyer.button('Buy').click();
    await expect(buyer.button(/^Pay /)).toBeVisible();
    await buyer.paysWith('Succeeds');
    await expect(buyer.heading).toHaveText('The seat is yours');
    await buyer.page.reload();
    await expect(buyer.heading).toHaveText('The seat is yours');
    await buyer.button('Sign out').click();
    await expect(buyer.link('Sign in')).toBeVisible();
    expect((await buyer.goto('/orders'))?.url()).toContain('/auth/signin');
  });

  it('errors stand beside their fields, and what was typed is kept', async () => {
    const person = await site.visitor(options);
    await person.goto('/auth/signup');
    await person.field('E-mail address').fill('no address');
    await person.field('Password').fill('short');
    await person.button('Sign up').click();
    await expect(person.field('E-mail address')).toHaveAccessibleDescription(/not an e-mail/);
    await expect(person.field('Password')).toHaveAccessibleDescription(/at least 8/);
    await expect(person.field('E-mail address')).toHaveValue('no address');
    await expect(person.field('Password')).toHaveValue('');

    const seller = await signsUp('errors@example.com');
    await seller.goto('/tickets/new');
    await seller.field('Title').fill('x'.repeat(201));
    await seller.field('Price').fill('cheap');
    await seller.button('List the ticket').click();
    await expect(seller.field('Title')).toHaveAccessibleDescription(/at most 200/);
    await expect(seller.field('Price')).toHaveAttribute('aria-invalid', 'true');
    await expect(seller.field('Price')).toHaveValue('cheap');
    await seller.field('Title').fill('Shorter');
    await seller.field('Price').fill('0.29');
    await seller.button('List the ticket').click();
    await expect(seller.main).toContainText('$0.29');
  });

  it('a ticket is edited and withdrawn, and says why it cannot be', async () => {
    const seller = await site.person(options);
    const ticket = await seller.sells('To edit');
    await seller.goto(`/tickets/${ticket.id}`);
    await seller.link('Edit or withdraw').click();
    await seller.field('Price').fill('60');
    await seller.button('Save').click();
    await expect(seller.main).toContainText('$60.00');
    await seller.goto(`/tickets/${ticket.id}/edit`);
    const buyer = await site.person(options);
    const order = await buyer.holds(ticket.id);
    await seller.button('Save').click();
    await expect(seller.main).toContainText(/hold/);
    await buyer.cancels(order.id);
    await seller.goto(`/tickets/${ticket.id}/edit`);
    await seller.page.getByText('Withdraw it instead').click();
    await seller.button('Withdraw').click();
    await expect(seller.heading).toHaveText('My listings');
    await expect(seller.main).toContainText('Withdrawn');
  });

  it('the bank is answered, a decline is told, and a ticket is let go', async () => {
    const seller = await site.person(options);
    const buyer = await site.person(options);
    const [asked, declined, letGo] = await Promise.all(
      ['Asked', 'Declined', 'Let go'].map(async (title) => (await seller.sells(title)).id),
    );
    await buyer.buys(asked ?? '');
    await buyer.paysWith('Asks for confirmation');
    await buyer.button('Confirm payment').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
    await buyer.buys(declined ?? '');
    await buyer.paysWith('Is declined The bank');
    await expect(buyer.main).toContainText('you were not charged');
    await buyer.buys(letGo ?? '');
    await buyer.button('Let the ticket go').click();
    await expect(buyer.main).toContainText('You let this ticket go');
  });

  it('a page that does not exist or belongs to another says so', async () => {
    const seller = await site.person();
    const ticket = await seller.sells();
    const { id } = await (await site.person()).holds(ticket.id);
    const person = await site.person(options);
    for (const path of [
      '/nowhere',
      '/tickets/nonsense',
      `/tickets/${id}`,
      `/orders/${id}/nowhere`,
    ]) {
      await person.goto(path);
      await expect(person.heading).toHaveText('Nothing here');
      await expect(person.button('Sign out')).toBeVisible();
    }
    for (const path of [`/orders/${id}`, `/tickets/${ticket.id}/edit`]) {
      await person.goto(path);
      await expect(person.heading).toHaveText('Not for your eyes');
    }
  });

  it('the list has pages', async () => {
    const seller = await site.person(options);
    for (let number = 1; number <= 25; number++) await seller.sells(`Paged zebra ${number}`);
    const visitor = await site.visitor(options);
    await visitor.goto('/?q=zebra');
    await expect(visitor.page.getByRole('article')).toHaveCount(20);
    await visitor.link('Next page').click();
    await expect(visitor.page.getByRole('article')).toHaveCount(5);
    await visitor.link('First page').click();
    await expect(visitor.page.getByRole('article')).toHaveCount(20);
  });
});
