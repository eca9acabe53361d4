/** No buyer holds more unpaid tickets than there are places, nor one ticket again and again. */
import { keepingBack } from '@fairseat/test-support/disturbances';
import {
  TestMarketplace,
  type TestOptions,
  type Visitor,
} from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { describe, expect, it } from 'vitest';

const MINUTE_MS = 60_000;

async function open(env: Record<string, string> = {}, wrap?: TestOptions['wrap']) {
  const market = await TestMarketplace.open({
    env: { RATE_LIMITS: 'on', ...env },
    ...(wrap && { wrap }),
  });
  const [seller, buyer, other] = (await market.people(3)) as [Visitor, Visitor, Visitor];
  const sells = async (count: number) => {
    const ids: string[] = [];
    while (ids.length < count) ids.push((await seller.sells()).id);
    return ids;
  };
  const unpaid = async () => {
    const { body } = await buyer.get<{ orders: { status: string }[] }>('/api/orders?limit=100');
    return body.orders.filter(
      ({ status }) => status === 'awaiting_payment' || status === 'created',
    );
  };
  return { market, seller, buyer, other, sells, unpaid };
}

/** The seconds that a buyer must wait before they may hold the ticket again. */
async function pauseOf(buyer: Visitor, ticketId: string): Promise<number> {
  const refused = await buyer.order(ticketId);
  expect(faultsOf(refused, 409)).toEqual([]);
  expect(refused.body.code).toBe('held_too_often');
  return Number(refused.headers['retry-after']);
}

describe('a buyer', () => {
  it('holds four unpaid tickets at most, and is told which', async () => {
    const { market, buyer, sells } = await open();
    await using _ = market;
    const [first = '', ...more] = await sells(5);
    const orders = [];
    for (const id of more) orders.push(await buyer.holds(id));
    const refused = await buyer.order(first, { prefer: 'wait=10' });
    expect(faultsOf(refused, 409)).toEqual([]);
    expect(refused.body.code).toBe('too_many_holds');
    const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
    expect(refused.body.orders?.toSorted(byId)).toEqual(orders.toSorted(byId));
  });

  it.each([1, 4, 7])(
    'gets %i places, however many tickets they ask for at once',
    async (places) => {
      const { market, buyer, sells, unpaid } = await open({ MAX_HOLDS: String(places) });
      await using _ = market;
      const ids = await sells(30);
      const replies = await Promise.all(ids.map((id) => buyer.order(id)));
      const granted = replies.filter(({ status }) => status === 201);
      expect(granted.length).toBe(places);
      expect(await unpaid()).toHaveLength(places);
      for (const { status, body } of replies) {
        if (status !== 201) expect([status, body.code]).toEqual([409, 'too_many_holds']);
      }
    },
  );

  it('has a place again with each order that ends or is paid, however it ends', async () => {
    const { market, buyer, seller, sells, unpaid } = await open({ MAX_HOLDS: '1' });
    await using _ = market;
    const [paid = '', declined = '', letGo = '', expired = '', changed = '', last = ''] =
      await sells(6);
    await buyer.pay((await buyer.holds(paid)).id);
    await market.settled();
    await buyer.pay((await buyer.holds(declined)).id, 'pm_card_chargeDeclined');
    await market.settled();
    await buyer.cancel((await buyer.holds(letGo)).id);
    await buyer.holds(expired);
    market.clock.advance(15 * MINUTE_MS);
    await market.settled();
    await seller.withdraw(changed);
    expect((await buyer.order(changed, { prefer: 'wait=10' })).status).toBe(409);
    await buyer.holds(last);
    expect(await unpaid()).toHaveLength(1);
  });

  it('takes no place from others, nor from their own paid orders', async () => {
    const { market, buyer, other, sells } = await open();
    await using _ = market;
    const ids = await sells(16);
    for (const id of ids.slice(0, 6)) await buyer.pay((await buyer.holds(id)).id);
    await market.settled();
    for (const id of ids.slice(6, 10)) await buyer.holds(id);
    for (const id of ids.slice(10, 14)) await other.holds(id);
  });

  it('is not limited where limits are off', async () => {
    const { market, buyer, sells } = await open({ RATE_LIMITS: 'off' });
    await using _ = market;
    for (const id of await sells(6)) await buyer.holds(id);
    const [id = ''] = await sells(1);
    await buyer.cancel((await buyer.holds(id)).id);
    await buyer.holds(id);
  });
});

describe('a buyer who did not pay for a ticket', () => {
  it('waits ever longer before they hold it again, while others may', async () => {
    const { market, buyer, other, sells } = await open();
    await using _ = market;
    const [id = ''] = await sells(1);
    for (const minutes of [1, 5, 15, 15, 15]) {
      await buyer.cancel((await buyer.holds(id)).id);
      await market.settled();
      expect(await pauseOf(buyer, id)).toBeGreaterThan((minutes - 0.5) * 60);
      market.clock.advance((minutes - 0.5) * MINUTE_MS);
      expect(await pauseOf(buyer, id)).toBeLessThanOrEqual(30);
      market.clock.advance(MINUTE_MS / 2);
    }
    await buyer.cancel((await buyer.holds(id)).id);
    await market.settled();
    expect((await other.holds(id)).status).toBe('awaiting_payment');
  });

  it('waits as well when the time was over, and as long as the setting says', async () => {
    const { market, buyer, sells } = await open({ HOLD_PAUSES: '70' });
    await using _ = market;
    const [id = ''] = await sells(1);
    for (let time = 0; time < 3; time++) {
      await buyer.holds(id);
      market.clock.advance(15 * MINUTE_MS);
      await market.settled();
      expect(await pauseOf(buyer, id)).toBeLessThanOrEqual(70);
      market.clock.advance(70_000);
    }
  });

  it('cannot slip in while the hold before ends', async () => {
    const { market, buyer, sells } = await open();
    await using _ = market;
    for (const id of await sells(4)) {
      const order = await buyer.holds(id);
      const [, ...replies] = await Promise.all([
        buyer.cancel(order.id),
        ...Array.from({ length: 20 }, () => buyer.order(id)),
      ]);
      for (const reply of replies) {
        expect(reply).toMatchObject({ status: 409 });
        expect(['already_yours', 'held_too_often']).toContain(
          (reply as { body: { code: string } }).body.code,
        );
      }
    }
  });

  it('does not wait when the card was declined', async () => {
    const { market, buyer, sells } = await open();
    await using _ = market;
    const [id = ''] = await sells(1);
    await buyer.pay((await buyer.holds(id)).id, 'pm_card_chargeDeclined');
    await market.settled();
    await buyer.holds(id);
  });

  it('does not wait when the ticket was changed under their hands', async () => {
    const edited = keepingBack('orders', 'ticket.updated');
    const { market, buyer, seller, sells } = await open({}, edited.wrap);
    await using _ = market;
    const [id = ''] = await sells(1);
    await seller.edit(id, 'Another seat', 4990);
    await edited.arrived;
    expect((await buyer.order(id, { prefer: 'wait=10' })).body.code).toBe('ticket_unavailable');
    edited.letThrough();
    await market.settled();
    await buyer.holds(id);
  });
});
