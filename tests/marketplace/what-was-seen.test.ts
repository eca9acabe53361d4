/** Buyers get the price that they saw, and sellers change the ticket that they saw, or are told. */
import { keepingBack } from '@fairseat/test-support/disturbances';
import { openTrade } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

describe('an order with the price that was seen', () => {
  it('is placed at that price', async () => {
    const { market, buyer, ticket } = await openTrade();
    await using _ = market;
    expect(await buyer.orderAt(4990, ticket.id)).toMatchObject({
      status: 201,
      body: { status: 'awaiting_payment', ticket: { price: 4990 } },
    });
  });

  it.each([1, 4989, 4991, 99_999_999])(
    'is refused at any other price, with the ticket as it is (%i)',
    async (seen) => {
      const { market, buyer, ticket } = await openTrade();
      await using _ = market;
      const { status, body } = await buyer.orderAt(seen, ticket.id);
      expect({ status, code: body.code }).toEqual({ status: 409, code: 'price_changed' });
      expect(body.ticket).toEqual(ticket);
      expect((await buyer.get<{ orders: [] }>('/api/orders')).body.orders).toEqual([]);
      expect(await buyer.seesTicket(ticket.id)).toEqual(ticket);
    },
  );

  it.each([0, -1, 1.5, '4990', null, 100_000_000])(
    'needs a price that can be (%j)',
    async (seen) => {
      const { market, buyer, ticket } = await openTrade();
      await using _ = market;
      const { status, body } = await buyer.orderAt(seen as number, ticket.id);
      expect({ status, field: body.errors[0]?.field }).toEqual({ status: 400, field: 'price' });
    },
  );

  it('waits for an edit that is on its way', async () => {
    const edited = keepingBack('orders', 'ticket.updated');
    const { market, seller, buyer, ticket } = await openTrade(edited.wrap);
    await using _ = market;
    await seller.edit(ticket.id, ticket.title, 5990);
    await edited.arrived;
    const ordering = buyer.orderAt(5990, ticket.id);
    edited.letThrough();
    expect(await ordering).toMatchObject({ status: 201, body: { ticket: { price: 5990 } } });
  });

  it('is refused by the lock when an edit came in between', async () => {
    const edited = keepingBack('orders', 'ticket.updated');
    const { market, seller, buyer, ticket } = await openTrade(edited.wrap);
    await using _ = market;
    await seller.edit(ticket.id, ticket.title, 5990);
    const { status, body } = await buyer.orderAt(4990, ticket.id);
    expect(status).toBe(409);
    expect(['ticket_unavailable', 'price_changed']).toContain(body.code);
    expect(await seller.seesTicket(ticket.id)).toMatchObject({ status: 'available', price: 5990 });
    edited.letThrough();
  });

  it('is never held at a price that was not seen, however often the seller edits', async () => {
    const { market, seller, buyer, other, ticket } = await openTrade();
    await using _ = market;
    for (let round = 1; round <= 20; round += 1) {
      const { price, version } = await buyer.seesTicket(ticket.id);
      const [, first, second] = await Promise.all([
        seller.edit(ticket.id, ticket.title, 1000 + round),
        buyer.orderAt(price, ticket.id),
        other.orderAt(1000 + round, ticket.id),
      ]);
      const held = [first, second].filter(({ status }) => status === 201);
      expect(held.length, `round ${round}, version ${version}`).toBeLessThanOrEqual(1);
      if (first.status === 201) expect(first.body.ticket.price).toBe(price);
      if (second.status === 201) expect(second.body.ticket.price).toBe(1000 + round);
      if (first.status === 201) await buyer.cancel(first.body.id);
      if (second.status === 201) await other.cancel(second.body.id);
      await market.settled();
    }
  });
});

describe('a ticket that its seller has seen', () => {
  const ifMatch = (etag: unknown) => ({ 'if-match': String(etag) });

  it('names its version, and is changed only at that version', async () => {
    const { market, seller, buyer, ticket } = await openTrade();
    await using _ = market;
    const path = `/api/tickets/${ticket.id}`;
    const seen = (await seller.get(path)).headers['etag'];
    expect(seen).toBe(`"${ticket.version}"`);
    const change = { title: 'Front row', price: 100 };
    const first = await seller.request('PUT', path, change, ifMatch(seen));
    expect(first).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    const refused = await seller.request('PUT', path, { title: 'B', price: 2 }, ifMatch(seen));
    expect(refused).toMatchObject({
      status: 412,
      body: { code: 'changed_meanwhile', ticket: { ...change, version: 2 } },
    });
    expect(JSON.stringify(refused.body)).not.toMatch(/requestHash|sayAgainAt/);
    expect((await seller.request('DELETE', path, undefined, ifMatch(seen))).status).toBe(412);
    expect(await buyer.seesTicket(ticket.id)).toMatchObject({ ...change, status: 'available' });
    expect((await seller.request('DELETE', path, undefined, ifMatch('"2"'))).status).toBe(204);
  });

  it('is changed as before by a program that names none', async () => {
    const { market, seller, ticket } = await openTrade();
    await using _ = market;
    for (const price of [1, 2, 3]) {
      expect((await seller.edit(ticket.id, 'A', price)).status).toBe(200);
    }
  });

  it('is told of to nobody but its seller', async () => {
    const { market, buyer, ticket } = await openTrade();
    await using _ = market;
    const change = { title: 'B', price: 2 };
    const path = `/api/tickets/${ticket.id}`;
    expect((await buyer.request('PUT', path, change, ifMatch('"9"'))).status).toBe(403);
  });

  it('takes no header that is no list of tags', async () => {
    const { market, seller, ticket } = await openTrade();
    await using _ = market;
    const reply = await seller.request(
      'PUT',
      `/api/tickets/${ticket.id}`,
      { title: 'B', price: 2 },
      ifMatch('2'),
    );
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_if_match' } });
  });
});
