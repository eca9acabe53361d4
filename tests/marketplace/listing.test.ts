/** Lists and searches: pages, one's own tickets, and those that cannot be bought any more. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { TestMarketplace, type Visitor } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface TicketPage {
  tickets: TicketRecord[];
  nextCursor: string | null;
}

let market: TestMarketplace;
beforeAll(async () => {
  market = await TestMarketplace.open();
});
afterAll(() => market[Symbol.asyncDispose]());

const tickets = async (visitor: Visitor, query = '') =>
  (await visitor.get<TicketPage>(`/api/tickets?${query}`)).body;
const titles = async (visitor: Visitor, query: string) =>
  (await tickets(visitor, query)).tickets.map(({ title }) => title);
const mine = (visitor: Visitor, query = '') => titles(visitor, `mine=true&limit=100&${query}`);

/** Follows the cursors to the end. */
async function pages(visitor: Visitor, query: string): Promise<string[][]> {
  const found: string[][] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: TicketPage = await tickets(visitor, `${query}${cursor && `&cursor=${cursor}`}`);
    found.push(page.tickets.map(({ title }) => title));
    cursor = page.nextCursor;
  }
  return found;
}

describe('the list of tickets', () => {
  it('has the newest first, a page at a time, each ticket once', async () => {
    const seller = await market.person();
    for (const n of [1, 2, 3, 4, 5]) {
      await seller.sells(`Seat ${n}`);
      market.clock.advance(1);
    }
    expect(await pages(seller, 'mine=true&limit=2')).toEqual([
      ['Seat 5', 'Seat 4'],
      ['Seat 3', 'Seat 2'],
      ['Seat 1'],
    ]);
  });

  it('leaves none out and repeats none while others are listed and changed', async () => {
    const seller = await market.person();
    const listed = [];
    for (const n of [1, 2, 3, 4]) {
      listed.push(await seller.sells(`Seat ${n}`));
      market.clock.advance(1);
    }
    const first = await tickets(seller, 'mine=true&limit=2');
    await seller.sells('Seat 5');
    await seller.edit(listed[1]?.id ?? '', 'Seat 2, changed', 1);
    expect(await titles(seller, `mine=true&limit=2&cursor=${first.nextCursor}`)).toEqual([
      'Seat 2, changed',
      'Seat 1',
    ]);
  });

  it('pages through tickets of the same moment', async () => {
    const seller = await market.person();
    const names = Array.from({ length: 20 }, (_, n) => `Seat ${n}`);
    await Promise.all(names.map((name) => seller.sells(name)));
    const found = (await pages(seller, 'mine=true&limit=3')).flat();
    expect(found.toSorted()).toEqual(names.toSorted());
  });

  it('has 20 on a page unless told otherwise, and at most 100', async () => {
    const seller = await market.person();
    await Promise.all(Array.from({ length: 101 }, () => seller.sells()));
    expect((await tickets(seller)).tickets).toHaveLength(20);
    expect((await tickets(seller, 'limit=100')).tickets).toHaveLength(100);
    expect(faultsOf(await seller.get('/api/tickets?limit=101'), 400)).toEqual([]);
  });

  it('shows one only their own tickets when asked for them, whatever became of them', async () => {
    const [seller, other] = (await market.people(2)) as [Visitor, Visitor];
    const [sold, withdrawn] = [await seller.sells('Sold'), await seller.sells('Withdrawn')];
    await seller.sells('For sale');
    await other.sells('Not mine');
    await other.pay((await other.holds(sold.id)).id);
    await seller.withdraw(withdrawn.id);
    await market.settled();
    expect((await mine(seller)).toSorted()).toEqual(['For sale', 'Sold', 'Withdrawn']);
    expect(await mine(seller, 'available=true')).toEqual(['For sale']);
    expect(await mine(other)).toEqual(['Not mine']);
  });

  it('shows only what can be bought now when asked for that', async () => {
    const [seller, buyer] = (await market.people(2)) as [Visitor, Visitor];
    const word = `only${seller.id}`;
    const [kept, free] = [await seller.sells(`${word} held`), await seller.sells(`${word} free`)];
    const find = () => titles(buyer, `q=${word}&available=true`);
    const order = await buyer.holds(kept.id);
    expect(await find()).toEqual([`${word} free`]);
    await seller.withdraw(free.id);
    expect(await find()).toEqual([]);
    await buyer.cancel(order.id);
    await market.settled();
    expect(await find()).toEqual([`${word} held`]);
  });
});

describe('a search', () => {
  const search = (seller: Visitor, q: string) => mine(seller, `q=${encodeURIComponent(q)}`);
  let seller: Visitor;
  beforeAll(async () => {
    seller = await market.person();
    await seller.sells('Café Übersee: Live!');
    await seller.sells('Live at the Apollo');
    await seller.sells('حفلة 🎫 2026');
    await seller.sells('五月天演唱會');
    await seller.sells('Łódź, ulica Piotrkowska');
  });

  it.each([
    ['one word', 'apollo', ['Live at the Apollo']],
    ['every word of many, in any order', 'ubersee live', ['Café Übersee: Live!']],
    ['words without their accents and case', 'CAFE', ['Café Übersee: Live!']],
    ['words with accents spelt in two code points', 'cafe\u0301', ['Café Übersee: Live!']],
    ['words of any script', 'حفلة', ['حفلة 🎫 2026']],
    ['the beginning of a word', 'apol', ['Live at the Apollo']],
    ['a name in a title without spaces', '五月天', ['五月天演唱會']],
    ['a letter that Unicode does not fold', 'lodz', ['Łódź, ulica Piotrkowska']],
    ['nothing by the end of a word', 'pollo', []],
    ['nothing when one word is missing', 'live nowhere', []],
    ['nothing by signs alone', '!?', []],
    ['nothing by what means something to databases', `' OR 1=1 --`, []],
    ['nothing by a wildcard', '%', []],
  ])('finds %s', async (_, q, expected) => {
    expect(await search(seller, q)).toEqual(expected);
  });

  it('without words is the whole list', async () => {
    expect(await search(seller, '  ')).toHaveLength(5);
  });

  it('goes by the new title once a ticket was changed', async () => {
    const owner = await market.person();
    const { id } = await owner.sells('Before');
    await owner.edit(id, 'After', 4990);
    expect(await search(owner, 'before')).toEqual([]);
    expect(await search(owner, 'after')).toEqual(['After']);
  });
});

describe('a withdrawn ticket', () => {
  it('can be looked at, but not be bought, changed or sold again', async () => {
    const [seller, buyer] = (await market.people(2)) as [Visitor, Visitor];
    const { id } = await seller.sells();
    expect((await seller.withdraw(id)).status).toBe(204);
    expect((await seller.withdraw(id)).status).toBe(204);
    await market.settled();
    expect(await buyer.seesTicket(id)).toMatchObject({ status: 'withdrawn', version: 2 });
    expect((await buyer.order(id)).body).toMatchObject({ status: 409, code: 'ticket_withdrawn' });
    expect((await seller.edit(id, 'A seat', 1)).body).toMatchObject({ code: 'ticket_withdrawn' });
  });
});

describe('the list of orders', () => {
  it('has one’s own, newest first, a page at a time', async () => {
    const [seller, buyer, other] = (await market.people(3)) as [Visitor, Visitor, Visitor];
    const placed: string[] = [];
    for (const visitor of [buyer, other, buyer, buyer]) {
      const order = await visitor.holds((await seller.sells()).id);
      if (visitor === buyer) placed.unshift(order.id);
      market.clock.advance(1);
    }
    const page = async (cursor = '') =>
      (
        await buyer.get<{ orders: OrderRecord[]; nextCursor: string | null }>(
          `/api/orders?limit=2${cursor}`,
        )
      ).body;
    const first = await page();
    const second = await page(`&cursor=${first.nextCursor}`);
    expect([first, second].map(({ orders }) => orders.map(({ id }) => id))).toEqual([
      placed.slice(0, 2),
      placed.slice(2),
    ]);
    expect(second.nextCursor).toBeNull();
  });
});

describe('a price', () => {
  it('of thousandths ends in 0, since cards cannot be charged others', async () => {
    await using kuwait = await TestMarketplace.open({ env: { CURRENCY: 'kwd' } });
    const seller = await kuwait.person();
    const { id } = await seller.sells('A seat', 4990);
    for (const refused of [await seller.list('A seat', 4995), await seller.edit(id, 'A seat', 1)]) {
      expect(faultsOf(refused, 400)).toEqual([]);
      expect(refused.body).toMatchObject({ errors: [{ field: 'price' }] });
    }
    expect((await seller.seesTicket(id)).price).toBe(4990);
    expect((await seller.edit(id, 'A seat', 10)).status).toBe(200);
  });
});
