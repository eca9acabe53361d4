/** What one account may list and edit, and how many cards may be tried, has an end that others do not notice. */
import { addressOf } from '@fairseat/common/contracts/charge';
import {
  type ProblemBody,
  type Reply,
  TestMarketplace,
  type Visitor,
} from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { describe, expect, it } from 'vitest';

const UNKNOWN = 'pm_card_unheardOf';
const DECLINED = 'pm_card_chargeDeclined';

async function open(env: Record<string, string> = {}) {
  const market = await TestMarketplace.open({ env: { RATE_LIMITS: 'on', ...env } });
  const [seller, buyer, other] = (await market.people(3)) as [Visitor, Visitor, Visitor];
  return { market, seller, buyer, other };
}

function expectRefused(reply: Reply<unknown>, limit: string, mostSeconds: number) {
  const { status, body, headers } = reply as Reply<ProblemBody>;
  expect(faultsOf(reply as Reply<ProblemBody>, 429)).toEqual([]);
  expect([status, body.code]).toEqual([429, 'too_many_requests']);
  expect(body.detail).toContain(limit);
  const seconds = Number(headers['retry-after']);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(mostSeconds);
}

const statusesOf = async (replies: Promise<Reply<unknown>>[]) =>
  (await Promise.all(replies)).map(({ status }) => status).sort();

describe('listings', () => {
  it('of one account are 30 an hour, also when all are made at once', async () => {
    const { market, seller, other } = await open();
    await using _ = market;
    const statuses = await statusesOf(Array.from({ length: 40 }, () => seller.list('A seat', 1)));
    expect(statuses).toEqual([...Array(30).fill(201), ...Array(10).fill(429)]);
    expectRefused(await seller.list('A seat', 1), '30 tickets an hour', 3600);
    expect((await other.list('A seat', 1)).status).toBe(201);
  });

  it('of one account are 200 a day as well', async () => {
    const { market, seller } = await open({ LISTINGS_PER_HOUR: '1000' });
    await using _ = market;
    const statuses = await statusesOf(Array.from({ length: 210 }, () => seller.list('A seat', 1)));
    expect(statuses).toEqual([...Array(200).fill(201), ...Array(10).fill(429)]);
    const refused = await seller.list('A seat', 1);
    expectRefused(refused, '200 tickets a day', 24 * 3600);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3600);
  });

  it('that were refused, or sent again with their key, do not count', async () => {
    const { market, seller } = await open({ LISTINGS_PER_HOUR: '2' });
    await using _ = market;
    for (let n = 0; n < 3; n++) expect((await seller.list('', 1)).status).toBe(400);
    const key = { 'idempotency-key': 'one' };
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push((await seller.list('A seat', 1, key)).body.id);
    expect(new Set(ids).size).toBe(1);
    expect((await seller.list('A seat', 1)).status).toBe(201);
    expect((await seller.list('A seat', 1)).status).toBe(429);
  });
});

describe('edits', () => {
  it('of one ticket are 10 a minute', async () => {
    const { market, seller } = await open();
    await using _ = market;
    const [one, two] = [await seller.sells(), await seller.sells()];
    for (let price = 1; price <= 10; price++) {
      expect((await seller.edit(one.id, 'A seat', price)).status).toBe(200);
    }
    expectRefused(await seller.edit(one.id, 'A seat', 11), '10 times a minute', 60);
    expect((await seller.edit(two.id, 'A seat', 11)).status).toBe(200);
  });

  it('that are refused do not count, least of all those of strangers', async () => {
    const { market, seller, other } = await open({ EDITS_PER_MINUTE: '1' });
    await using _ = market;
    const { id } = await seller.sells();
    for (let n = 0; n < 3; n++) expect((await other.edit(id, 'Mine', 1)).status).toBe(403);
    const change = { title: 'A seat', price: 1 };
    const old = { 'if-match': '"99"' };
    for (let n = 0; n < 3; n++) {
      const { status } = await seller.request('PUT', `/api/tickets/${id}`, change, old);
      expect(status).toBe(412);
    }
    expect((await seller.edit(id, 'A seat', 1)).status).toBe(200);
  });
});

describe('declined payments', () => {
  /** A new order of the buyer, tried with this card. */
  const tries = async (seller: Visitor, buyer: Visitor, token: string) =>
    buyer.pay((await buyer.holds((await seller.sells()).id)).id, token);

  it('of one account are 5 an hour, and then no gateway is asked', async () => {
    const { market, seller, buyer, other } = await open();
    await using _ = market;
    for (let n = 0; n < 5; n++) {
      expect((await tries(seller, buyer, DECLINED)).status).toBe(402);
      await market.settled();
    }
    const order = await buyer.holds((await seller.sells()).id);
    expectRefused(await buyer.pay(order.id), 'declined 5 times', 3600);
    expect((await buyer.get(`/api/payments/${order.id}`)).status).toBe(404);
    expect((await tries(seller, other, 'pm_card_visa')).status).toBe(201);
  });

  it('of one order are 3, of cards that the gateway does not know', async () => {
    const { market, seller, buyer } = await open();
    await using _ = market;
    const { id } = await buyer.holds((await seller.sells()).id);
    for (let n = 0; n < 3; n++) expect((await buyer.pay(id, UNKNOWN)).status).toBe(400);
    expectRefused(await buyer.pay(id), 'one order', 3600);
    expect((await tries(seller, buyer, 'pm_card_visa')).status).toBe(201);
  });

  it.each([
    ['203.0.113.7', ['203.0.113.7', '::ffff:203.0.113.7', '::ffff:cb00:7107']],
    ['a network of IPv6', ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:0DB8:1:2:0:0:0:3']],
  ])('of one address are limited, however it is spelled (%s)', async (_, addresses) => {
    const { market, seller } = await open({ DECLINES_PER_ADDRESS: '2' });
    await using _market = market;
    const statuses = [];
    for (const address of addresses) {
      const buyer = await market.person();
      buyer.address = address;
      statuses.push((await tries(seller, buyer, DECLINED)).status);
      await market.settled();
    }
    expect(statuses).toEqual([402, 402, 429]);
    const elsewhere = await market.person();
    elsewhere.address = '198.51.100.1';
    expect((await tries(seller, elsewhere, 'pm_card_visa')).status).toBe(201);
  });

  it('count those that the buyer refused at the bank, and none that succeeded', async () => {
    const { market, seller, buyer } = await open({ DECLINES_PER_ACCOUNT: '1' });
    await using _ = market;
    for (let n = 0; n < 3; n++) {
      expect((await tries(seller, buyer, 'pm_card_visa')).status).toBe(201);
      await market.settled();
    }
    const { body } = await tries(seller, buyer, 'pm_card_authenticationRequired');
    const url = addressOf(body.nextAction);
    expect((await buyer.post(url, { approve: false })).status).toBe(402);
    await market.settled();
    expect((await tries(seller, buyer, 'pm_card_visa')).status).toBe(429);
  });

  it('of one address count once they are declined, so that many may pay at the same moment', async () => {
    const { market, seller } = await open({ DECLINES_PER_ADDRESS: '1' });
    await using _ = market;
    const orders = [];
    for (let n = 0; n < 4; n++) {
      const buyer = await market.person();
      orders.push({ buyer, id: (await buyer.holds((await seller.sells()).id)).id });
    }
    const paid = orders.map(({ buyer, id }) => buyer.pay(id));
    expect(await statusesOf(paid)).toEqual([201, 201, 201, 201]);
  });

  it('are limited also when all are tried at once', async () => {
    const { market, seller, buyer } = await open({ DECLINES_PER_ACCOUNT: '2' });
    await using _ = market;
    const orders = [];
    for (let n = 0; n < 4; n++) orders.push(await buyer.holds((await seller.sells()).id));
    expect(await statusesOf(orders.map(({ id }) => buyer.pay(id, DECLINED)))).toEqual([
      ...[402, 402, 429, 429],
    ]);
  });
});

it('nothing of this is limited where limits are off', async () => {
  const { market, seller, buyer } = await open({
    ...{ RATE_LIMITS: 'off', LISTINGS_PER_HOUR: '1', EDITS_PER_MINUTE: '1' },
    ...{ DECLINES_PER_ACCOUNT: '1' },
  });
  await using _ = market;
  const { id } = await seller.sells();
  for (let price = 1; price <= 3; price++) await seller.edit(id, 'A seat', price);
  for (let n = 0; n < 2; n++) {
    const order = await buyer.holds((await seller.sells()).id);
    expect((await buyer.pay(order.id, DECLINED)).status).toBe(402);
  }
});
