/** Pages work while the browser translates them: see `translator.ts`. */
import { beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';
import { readsTranslated, translates } from './translator.ts';

const site = siteForAll();
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
  await translates(seller);
});

async function translatedPerson() {
  const person = await site.person();
  await translates(person);
  return person;
}

const card = (person: Person, title: string) =>
  person.page.getByRole('article').filter({ hasText: title });

describe('a translated page', () => {
  it('is bought from, at a price that changes, to the receipt', async () => {
    const ticket = await seller.sells('Translated', 4990);
    const [buyer, visitor] = await Promise.all([translatedPerson(), translatedPerson()]);
    await readsTranslated(visitor, '/');
    await expect(card(visitor, 'Translated')).toContainText('$49.90');
    await readsTranslated(buyer, `/tickets/${ticket.id}`);
    await seller.edits(ticket.id, 'Translated', 5550);
    await expect(card(visitor, 'Translated')).toContainText('$55.50');
    await expect(buyer.main).toContainText(/You saw\s*\$49\.90\s*It is now\s*\$55\.50/);
    await buyer.button('Buy for $55.50').click();
    await buyer.atCheckout();
    await expect(card(visitor, 'Translated')).toContainText('On hold');
    const left = buyer.page.getByRole('timer').locator('.sr-only');
    await expect(left).not.toHaveText((await left.textContent()) ?? '');
    await buyer.paysWith('Asks for confirmation');
    await expect(buyer.heading).toHaveText('Is this you?');
    await buyer.button('Confirm payment').click();
    await expect(buyer.heading).toHaveText('The seat is yours');
    await expect(card(visitor, 'Translated')).toContainText('Sold');
  });

  it('is left, and tells those who wait', async () => {
    const ticket = await seller.sells('Let go in translation');
    const [buyer, other] = await Promise.all([translatedPerson(), translatedPerson()]);
    await readsTranslated(other, `/tickets/${ticket.id}`);
    await buyer.buys(ticket.id);
    await expect(other.main).toContainText('Another buyer is holding this ticket');
    await readsTranslated(buyer, new URL(buyer.page.url()).pathname);
    await buyer.button('Let the ticket go').click();
    await expect(buyer.main).toContainText('for sale again');
    await other.button('Buy').click();
    await other.atCheckout();
    await expect(buyer.main).toContainText('Another buyer is holding the ticket now');
    await other.paysWith('Is declined: too little money');
    await expect(other.main).toContainText('Your card has insufficient funds.');
    await expect(buyer.main).toContainText('The ticket is for sale again.');
  });

  it('is listed on and edited, with mistakes', async () => {
    const own = await translatedPerson();
    await readsTranslated(own, '/tickets/new');
    await own.field('Title').fill('Mistaken');
    await own.field('Price').fill('cheap');
    await own.button('List the ticket').click();
    await expect(own.field('Price')).toHaveAttribute('aria-invalid', 'true');
    await own.field('Price').fill('49.90');
    await own.button('List the ticket').click();
    await expect(own.main).toContainText('Your ticket is for sale.');
    const id = new URL(own.page.url()).pathname.replace('/tickets/', '');
    const order = await seller.holds(id);
    await expect(own.main).toContainText('A buyer is holding your ticket.');
    await readsTranslated(own, `/tickets/${id}/edit`);
    await expect(own.main).toContainText('A buyer is holding this ticket right now');
    await seller.cancels(order.id);
    await expect(own.button('Save')).toBeEnabled();
    await expect(own.main).not.toContainText('right now');
    await own.field('Price').fill('55');
    await own.button('Save').click();
    await expect(own.main).toContainText('$55.00');
    await expect(own.link('Edit or withdraw')).toBeVisible();
  });

  it('is signed up on, and out again', async () => {
    const visitor = await site.visitor();
    await translates(visitor);
    await readsTranslated(visitor, '/auth/signup');
    await visitor.field('E-mail address').fill('translated@example.com');
    await visitor.field('Password').fill('short');
    await expect(visitor.main).toContainText('Too short yet');
    await visitor.button('Sign up').click();
    await expect(visitor.field('Password')).toHaveAttribute('aria-invalid', 'true');
    await visitor.field('Password').fill('correct horse');
    await expect(visitor.main).toContainText('Long enough');
    await visitor.button('Sign up').click();
    await visitor.button('Sign out').click();
    await expect(visitor.link('Sign in')).toBeVisible();
  });
});
