/** An account in the browser: a password that is hard to guess, and the end of every session. */
import { describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll();
const PASSWORD = 'correct horse';

let people = 0;
const newEmail = () => `account-${++people}@example.com`;

const cookiesOf = async ({ page }: Person) =>
  (await page.context().cookies()).map(({ name }) => name).toSorted();

describe('the field of a new password', () => {
  it('tells by a meter, and in words, how long is long enough', async () => {
    const person = await site.visitor();
    await person.goto('/auth/signup');
    const field = person.field('Password');
    const meter = person.page.locator('meter');
    const verdict = person.main.getByRole('status');
    await expect(meter).toHaveCount(0);
    await expect(verdict).toHaveText('');
    for (const [typed, value, words] of [
      ['1234567', '7', 'Too short yet'],
      // As many characters as the service counts, whatever their bytes.
      ['🎟🎟🎟🎟🎟🎟🎟', '7', 'Too short yet'],
      ['12345678', '8', 'Long enough; longer is better'],
      ['four words in a', '15', 'A good length'],
      ['four words in a long row', '15', 'A good length'],
    ] as const) {
      await field.fill(typed);
      await expect(meter).toHaveJSProperty('value', Number(value));
      await expect(verdict).toHaveText(words);
    }
    await field.fill('');
    await expect(meter).toHaveCount(0);
  });

  it('says beside it why a password is refused, and measures the next from the start', async () => {
    const person = await site.visitor();
    await person.goto('/auth/signup');
    await person.field('E-mail address').fill(newEmail());
    await person.field('Password').fill('password123');
    await person.button('Sign up').click();
    const field = person.field('Password');
    await expect(field).toHaveAttribute('aria-invalid', 'true');
    await expect(person.main).toContainText('Too many people have this password');
    await expect(field).toHaveValue('');
    await expect(person.page.locator('meter')).toHaveCount(0);
    await field.fill('four words in a row');
    await expect(person.main.getByText('A good length')).toBeVisible();
    await person.button('Sign up').click();
    await expect(person.button('Sign out')).toBeVisible();
  });
});

describe('signing out', () => {
  it.each([true, false])(
    '“End all my sessions” ends that of every browser (scripts: %s)',
    async (javaScriptEnabled) => {
      const email = newEmail();
      await site.caller().signUp(email);
      const [laptop, phone] = await Promise.all([
        site.visitor({ javaScriptEnabled }),
        site.visitor(),
      ]);
      await Promise.all([laptop, phone].map((person) => person.signsIn(email, PASSWORD)));
      await phone.goto('/orders');
      await laptop.goto('/orders');
      await laptop.button('End all my sessions').click();
      await expect(laptop.link('Sign in')).toBeVisible();
      expect(await cookiesOf(laptop)).toEqual([]);
      // Other services hear of it a moment later.
      await expect(async () => {
        await phone.goto('/orders');
        await expect(phone.page).toHaveURL(/\/auth\/signin\?next=/, { timeout: 1000 });
      }).toPass();
      await laptop.signsIn(email, PASSWORD);
    },
  );

  it('of one browser leaves it known, and the others signed in', async () => {
    const email = newEmail();
    await site.caller().signUp(email);
    const [laptop, phone] = await Promise.all([site.visitor(), site.visitor()]);
    await Promise.all([laptop, phone].map((person) => person.signsIn(email, PASSWORD)));
    await laptop.button('Sign out').click();
    await expect(laptop.link('Sign in')).toBeVisible();
    expect(await cookiesOf(laptop)).toEqual(['device']);
    await phone.goto('/orders');
    await expect(phone.button('Sign out')).toBeVisible();
  });
});
