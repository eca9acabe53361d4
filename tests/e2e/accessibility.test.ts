/** Accessibility: axe finds nothing on any page in any state, and a purchase needs no mouse. */
import { AxeBuilder } from '@axe-core/playwright';
import { beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll();

/** The violations that axe finds, with enough detail to fix them. */
async function violations({ page }: Person): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    for (const { id, nodes } of violations) {
      found.push(`${colorScheme}: ${id}: ${nodes.map(({ html }) => html).join('\n')}`);
    }
  }
  return found;
}

/** Brings a page into each state that it can be in. */
const states: Record<string, (person: Person, seller: Person) => Promise<void>> = {
  'the front page': async (person, seller) => {
    await seller.sells();
    await person.goto('/');
  },
  'a search without result': async (person) => {
    await person.goto('/?q=nothing-of-this-name');
  },
  'a page that is not there': async (person) => {
    await person.goto('/nowhere');
  },
  'the event types': async (person) => {
    await person.goto('/docs/event-types?q=ticket.refused');
    await person.page.getByText('A whole event, as recorded').first().click();
  },
  'a ticket for sale': async (person, seller) => {
    await person.goto(`/tickets/${(await seller.sells()).id}`);
  },
  'a ticket on hold': async (person, seller) => {
    const { id } = await seller.sells();
    await (await site.person()).holds(id);
    await person.goto(`/tickets/${id}`);
  },
  'a sold ticket': async (person, seller) => {
    const { id } = await seller.sells();
    const buyer = await site.person();
    await buyer.pays((await buyer.holds(id)).id);
    await person.goto(`/tickets/${id}`);
  },
  'a withdrawn ticket': async (person, seller) => {
    const { id } = await seller.sells();
    await seller.withdraws(id);
    await person.goto(`/tickets/${id}`);
  },
  "a seller's own ticket": async (person) => {
    await person.goto(`/tickets/${(await person.sells()).id}`);
  },
  'a new listing': async (person) => {
    await person.goto('/tickets/new');
  },
  'a listing with errors': async (person) => {
    await person.goto('/tickets/new');
    await person.field('Price').fill('cheap');
    await person.button('List the ticket').click();
    await expect(person.field('Price')).toHaveAttribute('aria-invalid', 'true');
  },
  'a listing that can be edited': async (person) => {
    await person.goto(`/tickets/${(await person.sells()).id}/edit`);
    await person.page.getByText('Withdraw it instead').click();
  },
  'a listing that is held': async (person) => {
    const { id } = await person.sells();
    await (await site.person()).holds(id);
    await person.goto(`/tickets/${id}/edit`);
  },
  'my listings': async (person) => {
    await person.sells();
    await person.goto('/selling');
  },
  'no listings': (person) => person.goto('/selling').then(),
  'my orders': async (person, seller) => {
    await person.holds((await seller.sells()).id);
    await person.goto('/orders');
  },
  'no orders': (person) => person.goto('/orders').then(),
  "somebody else's order": async (person, seller) => {
    const { id } = await (await site.person()).holds((await seller.sells()).id);
    await person.goto(`/orders/${id}`);
  },
  checkout: async (person, seller) => {
    await person.goto(`/orders/${(await person.holds((await seller.sells()).id)).id}`);
  },
  'leaving checkout': async (person, seller) => {
    await person.goto(`/orders/${(await person.holds((await seller.sells()).id)).id}/leave`);
  },
  'the bank': async (person, seller) => {
    await person.buys((await seller.sells()).id);
    await person.paysWith('Asks for confirmation');
    await expect(person.heading).toHaveText('Is this you?');
  },
  'a receipt': async (person, seller) => {
    const order = await person.holds((await seller.sells()).id);
    await person.pays(order.id);
    await person.goto(`/orders/${order.id}`);
    await expect(person.heading).toHaveText('The seat is yours');
  },
  'a declined payment': async (person, seller) => {
    await person.buys((await seller.sells()).id);
    await person.paysWith('Is declined The bank');
    await expect(person.main).toContainText('you were not charged');
  },
  'an order that was let go': async (person, seller) => {
    const order = await person.holds((await seller.sells()).id);
    await person.cancels(order.id);
    await person.goto(`/orders/${order.id}`);
  },
};
const entrances = ['/auth/signin', '/auth/signup'];

describe('axe finds nothing wrong, neither in light nor in dark colours, with', () => {
  let seller: Person;
  beforeAll(async () => {
    seller = await site.person();
  });

  it.each(Object.entries(states))('%s', async (_, show) => {
    const person = await site.person();
    await show(person, seller);
    await expect(person.heading).toHaveCount(1);
    await expect(person.page).toHaveTitle(/ · Fairseat$/);
    expect(await violations(person)).toEqual([]);
    await person.page.context().close();
  });

  it.each(entrances)('%s, empty and refused', async (path) => {
    const visitor = await site.visitor();
    await visitor.goto(path);
    expect(await violations(visitor)).toEqual([]);
    await visitor.field('E-mail address').fill('nobody@example.com');
    await visitor.field('Password').fill('short');
    await visitor.button(/^Sign (in|up)$/).click();
    await expect(visitor.main.locator('[aria-invalid=true], [role=alert]').first()).toBeVisible();
    expect(await violations(visitor)).toEqual([]);
    await visitor.page.context().close();
  });
});

/** Runs in the browser: the label of the focused element. */
const FOCUSED = `(({ activeElement: it, body }) =>
  it === body ? '' : (it.labels?.[0] ?? it).textContent)(document)`;

describe('the keyboard alone', () => {
  it('is enough for a whole purchase, and the focus is where the eye is', async () => {
    const ticket = await (await site.person()).sells('By keyboard');
    const visitor = await site.visitor();
    const { keyboard } = visitor.page;
    const focused = visitor.page.locator(':focus');
    /** Presses Tab until the element of this name has the focus. */
    const tabTo = async (name: RegExp) => {
      for (let presses = 0; presses < 40; presses++) {
        await keyboard.press('Tab');
        const label = await visitor.page.evaluate<string>(FOCUSED);
        if (name.test(label)) return;
      }
      throw new Error(`No way to ${name}`);
    };
    await visitor.goto('/');
    await keyboard.press('Tab');
    await expect(focused).toHaveText('Skip to the content');
    await tabTo(/^Search$/);
    await keyboard.type('keyboard');
    await keyboard.press('Enter');
    await expect(visitor.heading).toContainText('keyboard');
    await tabTo(/By keyboard/);
    await keyboard.press('Enter');
    await expect(visitor.heading).toHaveText('By keyboard');
    await tabTo(/Sign in to buy/);
    await keyboard.press('Enter');
    await expect(visitor.heading).toHaveText('Sign in');
    await visitor.goto(`/auth/signup?next=/tickets/${ticket.id}`);
    await tabTo(/E-mail/);
    await keyboard.type('keyboard@example.com');
    await tabTo(/Password/);
    await keyboard.type('short');
    await keyboard.press('Enter');
    await expect(visitor.field('Password')).toBeFocused();
    await expect(visitor.field('Password')).toHaveAccessibleDescription(/at least 8/);
    await keyboard.type('correct horse');
    await keyboard.press('Enter');
    await expect(visitor.heading).toHaveText('By keyboard');
    await expect(visitor.heading).toBeFocused();
    await tabTo(/^Buy$/);
    await keyboard.press('Enter');
    await visitor.atCheckout();
    await expect(visitor.heading).toBeFocused();
    await tabTo(/Succeeds/);
    await keyboard.press('ArrowDown');
    await expect(visitor.page.getByRole('radio', { name: 'Asks for' })).toBeChecked();
    await tabTo(/^Pay /);
    await keyboard.press('Enter');
    await expect(visitor.heading).toHaveText('Is this you?');
    await expect(visitor.heading).toBeFocused();
    await tabTo(/Confirm payment/);
    await keyboard.press('Enter');
    await expect(visitor.heading).toHaveText('The seat is yours');
    await expect(visitor.heading).toBeFocused();
  });
});

describe('a screen reader', () => {
  it('hears the time that is left, politely', async () => {
    const ticket = await (await site.person()).sells('Spoken');
    const buyer = await site.person();
    await buyer.buys(ticket.id);
    // The role keeps screen readers from reading each tick; the text to announce stands beside it.
    await expect(buyer.page.getByRole('timer')).toHaveText(/^1[45] minutes.* 1[45]:\d\d$/);
    await expect(buyer.main.getByRole('status')).toHaveText(/^(1[45] minutes left to pay)?$/);
  });
});
