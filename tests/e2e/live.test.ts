/** Every open browser shows the current state, without a reload. */
import { beforeAll, describe, it } from 'vitest';
import { expect, type Person, siteForAll } from './site.ts';

const site = siteForAll();
let seller: Person;
beforeAll(async () => {
  seller = await site.person();
});

const LOST = 'No live updates right now';

/** The card of a ticket in a list. */
const card = (person: Person, title: string) =>
  person.page.getByRole('article').filter({ hasText: title });

describe('two buyers who want one ticket', () => {
  it('race for it: one gets to checkout, the other is told who came first', async () => {
    const ticket = await seller.sells('Raced for');
    const buyers = await Promise.all([site.person(), site.person()]);
    await Promise.all(buyers.map((buyer) => buyer.goto(`/tickets/${ticket.id}`)));
    // The later buyer finds the button gone.
    await Promise.all(
      buyers.map((buyer) =>
        buyer
          .button('Buy')
          .click({ timeout: 5000, noWaitAfter: true })
          .catch(() => {}),
      ),
    );
    const heldBy = async () => (await Promise.all(buyers.map((buyer) => buyer.orders()))).flat();
    await expect.poll(async () => (await heldBy()).length).toBe(1);
    const [order] = await heldBy();
    const winner = (await buyers[0].orders()).length === 1 ? buyers[0] : buyers[1];
    const loser = winner === buyers[0] ? buyers[1] : buyers[0];
    await winner.page.waitForURL(`**/orders/${order?.id}`);
    await expect(loser.main).toContainText('Another buyer');
    await expect(loser.button('Buy')).toHaveCount(0);
    await winner.paysWith('Succeeds');
    await expect(winner.heading).toHaveText('The seat is yours');
    await expect(loser.main).toContainText('Sold');
  });

  it('see each other hold it and let it go', async () => {
    const ticket = await seller.sells('Held and let go');
    const [holder, other] = await Promise.all([site.person(), site.person()]);
    await other.goto(`/tickets/${ticket.id}`);
    await expect(other.button('Buy')).toBeVisible();
    const path = await holder.buys(ticket.id);
    await expect(other.main).toContainText('Another buyer is holding this ticket');
    await holder.button('Let the ticket go').click();
    await expect(holder.main).toContainText('You let this ticket go');
    await expect(other.button('Buy')).toBeVisible();
    expect(path).toMatch(/orders/);
  });
});

describe('a seller', () => {
  it('cannot edit while a buyer holds, is told why, and can again afterwards', async () => {
    const ticket = await seller.sells('Edited meanwhile');
    const buyer = await site.person();
    await seller.goto(`/tickets/${ticket.id}/edit`);
    await expect(seller.button('Save')).toBeEnabled();
    const order = await buyer.holds(ticket.id);
    await expect(seller.main).toContainText('A buyer is holding this ticket right now');
    await expect(seller.button('Save')).toBeDisabled();
    await buyer.cancels(order.id);
    await expect(seller.button('Save')).toBeEnabled();
    await seller.field('Price').fill('55');
    await seller.button('Save').click();
    await expect(seller.main).toContainText('$55.00');
  });

  it('who saves what was held a moment ago is told so, and nothing changes', async () => {
    const buyer = await site.person();
    // It needs a browser of its own, since another tab would forward the events.
    const deaf = await site.person();
    await deaf.turnsDeaf();
    const ticket = await deaf.sells('Saved too late', 4990);
    await deaf.goto(`/tickets/${ticket.id}/edit`);
    await deaf.field('Price').fill('99');
    await buyer.holds(ticket.id);
    await deaf.button('Save').click();
    await expect(deaf.main).toContainText(/hold/);
    expect((await deaf.ticket(ticket.id)).price).toBe(4990);
    site.complaints.length = 0;
  });

  it('whose page lacks a field leaves that as it is', async () => {
    const ticket = await seller.sells('Named anew', 4990);
    await seller.goto(`/tickets/${ticket.id}/edit`);
    await seller.field('Title').fill('With another name');
    await seller.field('Price').evaluate('(input) => input.remove()');
    await seller.button('Save').click();
    await expect(seller.heading).toHaveText('With another name');
    await expect(seller.main).toContainText('$49.90');
  });

  it('who changes the price shows it to whoever looks', async () => {
    const ticket = await seller.sells('Repriced', 4990);
    const visitor = await site.visitor();
    await visitor.watches(`/tickets/${ticket.id}`);
    await expect(visitor.main).toContainText('$49.90');
    await seller.edits(ticket.id, 'Repriced', 5550);
    await expect(visitor.main).toContainText('$55.50');
  });
});

describe('the list of tickets', () => {
  it('shows each change of each ticket', async () => {
    const [held, sold, repriced, withdrawn] = await Promise.all(
      ['Foxglove', 'Bellflower', 'Snowdrop', 'Buttercup'].map((title) => seller.sells(title)),
    );
    const buyer = await site.person();
    const visitor = await site.visitor();
    await visitor.watches('/');
    await expect(card(visitor, 'Foxglove')).toContainText('For sale');
    await buyer.holds(held?.id ?? '');
    await expect(card(visitor, 'Foxglove')).toContainText('On hold');
    await buyer.pays((await buyer.holds(sold?.id ?? '')).id);
    await expect(card(visitor, 'Bellflower')).toContainText('Sold');
    await seller.edits(repriced?.id ?? '', 'Snowdrop', 123456);
    await expect(card(visitor, 'Snowdrop')).toContainText('$1,234.56');
    await seller.withdraws(withdrawn?.id ?? '');
    await expect(card(visitor, 'Buttercup')).toContainText('Withdrawn');
    await expect(card(visitor, 'Snowdrop')).toContainText('For sale');
  });

  it('shows sellers what becomes of their own', async () => {
    const own = await site.person();
    const ticket = await own.sells('Own listing');
    await own.goto('/selling');
    await expect(card(own, 'Own listing')).toContainText('For sale');
    await (await site.person()).holds(ticket.id);
    await expect(card(own, 'Own listing')).toContainText('On hold');
  });
});

/** The addresses of the streams that this tab has opened. */
function streamsOf({ page }: Person): string[] {
  const streams: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/api/live')) streams.push(request.url());
  });
  return streams;
}

describe('the tabs of one browser', () => {
  /** Three tabs with a ticket each; the first owns the stream. */
  async function threeTabs() {
    const titles = ['One', 'Two', 'Three'];
    const ids = await Promise.all(titles.map(async (title) => (await seller.sells(title)).id));
    const first = await site.visitor();
    const tabs = [first, await first.tab(), await first.tab()] as const;
    const streams = tabs.map(streamsOf);
    for (const [index, tab] of tabs.entries()) await tab.watches(`/tickets/${ids[index]}`);
    expect(streams.slice(1)).toEqual([[], []]);
    const reprice = (price: number) =>
      Promise.all(ids.map((id, index) => seller.edits(id, titles[index] ?? '', price)));
    return { tabs, streams, reprice };
  }

  it('go on when the one closes that had the stream', async () => {
    const { tabs, streams, reprice } = await threeTabs();
    const [first, ...others] = tabs;
    await first.page.close();
    await expect.poll(() => streams.slice(1).flat().length).toBeGreaterThan(0);
    await reprice(5550);
    for (const tab of others) await expect(tab.main).toContainText('$55.50');
  });

  it('take the stream from one that has fallen silent', async () => {
    const { tabs, streams, reprice } = await threeTabs();
    const [first, second, third] = tabs;
    await second.page.clock.install();
    await second.page.reload();
    await expect(second.main).toContainText('$49.90');
    await second.page.clock.fastForward(60_000);
    await expect.poll(() => streams[1]?.length).toBeGreaterThan(0);
    await second.page.clock.runFor(1000);
    await reprice(5550);
    for (const tab of tabs) await expect(tab.main).toContainText('$55.50');
    expect(streams[2]).toEqual([]);
    // The stream returns to the first tab when there is no other.
    const before = streams[0]?.length ?? 0;
    await second.page.close();
    await third.page.close();
    await expect.poll(() => streams[0]?.length).toBeGreaterThan(before);
    await reprice(6660);
    await expect(first.main).toContainText('$66.60');
  });
});

describe('two tabs of one buyer', () => {
  it('agree, and share one stream', async () => {
    const ticket = await seller.sells('In two tabs');
    const buyer = await site.person();
    const path = await buyer.buys(ticket.id);
    const other = await buyer.tab();
    const streams = streamsOf(other);
    await other.goto(path);
    await expect(other.button(/^Pay /)).toBeVisible();
    await buyer.paysWith('Succeeds');
    await expect(buyer.heading).toHaveText('The seat is yours');
    await expect(other.heading).toHaveText('The seat is yours');
    expect(streams).toEqual([]);
  });

  it('are both told when one signs out', async () => {
    const buyer = await site.person();
    const other = await buyer.tab();
    await Promise.all([buyer.goto('/'), other.goto('/')]);
    await buyer.button('Sign out').click();
    await expect(buyer.link('Sign in')).toBeVisible();
    await expect(other.link('Sign in')).toBeVisible();
  });
});

describe('a lost connection', () => {
  it('is told, and made good when it is back', async () => {
    const ticket = await seller.sells('Offline');
    const visitor = await site.visitor();
    const reconnecting = visitor.page.getByText(LOST);
    await visitor.watches(`/tickets/${ticket.id}`);
    await expect(visitor.link('Sign in to buy')).toBeVisible();
    await site.stop();
    await expect(reconnecting).toBeVisible();
    await site.start();
    await (await site.person()).holds(ticket.id);
    await expect(reconnecting).toHaveCount(0);
    await expect(visitor.main).toContainText('Another buyer is holding this ticket');
    site.complaints.length = 0;
  });

  it('of the visitor alone is made good as well', async () => {
    const ticket = await seller.sells('Visitor offline');
    const visitor = await site.visitor();
    await visitor.watches(`/tickets/${ticket.id}`);
    await visitor.page.context().setOffline(true);
    await expect(visitor.page.getByText(LOST)).toBeVisible();
    await (await site.person()).holds(ticket.id);
    await visitor.page.context().setOffline(false);
    await expect(visitor.page.getByText(LOST)).toHaveCount(0);
    await expect(visitor.main).toContainText('Another buyer is holding this ticket');
    site.complaints.length = 0;
  });

  it('leaves pages that work', async () => {
    const ticket = await seller.sells('Without live news');
    const buyer = await site.person();
    await buyer.turnsDeaf();
    await buyer.buys(ticket.id);
    await buyer.paysWith('Succeeds');
    await expect(buyer.heading).toHaveText('The seat is yours');
    site.complaints.length = 0;
  });
});
