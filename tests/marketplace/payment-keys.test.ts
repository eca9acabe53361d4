/** Repeated payments: with the same key, with another card, after a crash. */

import { healed } from '@fairseat/test-support/disturbances';
import { openHeld, restart, taken, untilOver } from '@fairseat/test-support/trade';
import { describe, expect, it } from 'vitest';

describe('an Idempotency-Key of a payment', () => {
  const key = { 'idempotency-key': 'my-first-payment' };

  it('that came with another card is refused, and takes nothing', async () => {
    const { market, buyer, gateway, order } = await openHeld();
    await using _ = market;
    expect((await buyer.pay(order.id, 'pm_card_chargeDeclined', key)).status).toBe(402);
    expect((await buyer.pay(order.id, 'pm_card_visa', key)).body).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
    expect((await buyer.pay(order.id, 'pm_card_chargeDeclined', key)).status).toBe(402);
    expect(gateway.count('confirm')).toBe(1);
    expect(await healed(market)).toEqual([]);
    expect(await taken(market)).toEqual([]);
  });

  it('that came with another order is refused, and takes nothing', async () => {
    const { market, seller, buyer, gateway, order } = await openHeld();
    await using _ = market;
    const second = await buyer.holds((await seller.sells()).id);
    expect((await buyer.pay(order.id, 'pm_card_visa', key)).status).toBe(201);
    expect((await buyer.pay(second.id, 'pm_card_visa', key)).status).toBe(422);
    expect(gateway.count('confirm')).toBe(1);
    await market.settled();
    expect(await buyer.seesOrder(second.id)).toMatchObject({ status: 'awaiting_payment' });
    expect(await healed(market)).toEqual([]);
  });

  it('that came with another order is refused also when it was for a second card', async () => {
    const { market, seller, buyer, order } = await openHeld();
    await using _ = market;
    const second = await buyer.holds((await seller.sells()).id);
    await buyer.pay(order.id, 'pm_card_authenticationRequired');
    expect((await buyer.pay(order.id, 'pm_card_visa', key)).status).toBe(201);
    expect((await buyer.pay(second.id, 'pm_card_visa', key)).status).toBe(422);
    expect(await taken(market)).toHaveLength(1);
    expect(await healed(market)).toEqual([]);
  });

  it('that came with another order is refused whichever of its cards it was for', async () => {
    const { market, seller, buyer, order } = await openHeld();
    await using _ = market;
    const keys = ['first', 'second', 'third'].map((name) => ({ 'idempotency-key': name }));
    for (const each of keys) await buyer.pay(order.id, 'pm_card_authenticationRequired', each);
    const other = await buyer.holds((await seller.sells()).id);
    for (const each of keys)
      expect((await buyer.pay(other.id, 'pm_card_visa', each)).status).toBe(422);
    expect(await taken(market)).toEqual([]);
    expect(await healed(market)).toEqual([]);
  });

  it('answers a double click with one charge', async () => {
    const { market, buyer, gateway, order } = await openHeld();
    await using _ = market;
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => buyer.pay(order.id, 'pm_card_visa', key)),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    expect(gateway.count('confirm')).toBe(1);
    expect(await taken(market)).toHaveLength(1);
    expect(await healed(market)).toEqual([]);
  });

  it('is honoured across a crash before the answer', async () => {
    const { market, buyer, gateway, order } = await openHeld();
    await using _ = market;
    const call = gateway.hold('after', 'confirm');
    void buyer.pay(order.id, 'pm_card_visa', key);
    await call.reached;
    await restart(market);
    call.release();
    const again = await buyer.pay(order.id, 'pm_card_visa', key);
    expect(again).toMatchObject({ status: 201, body: { orderId: order.id } });
    await untilOver(market, buyer, order.id);
    expect(await healed(market)).toEqual([]);
    expect(await taken(market)).toHaveLength(1);
  });

  it('is not forgotten when the buyer tries other cards meanwhile', async () => {
    const { market, buyer, order } = await openHeld();
    await using _ = market;
    const first = await buyer.pay(order.id, 'pm_card_authenticationRequired', key);
    const other = { 'idempotency-key': 'my-second-payment' };
    await buyer.pay(order.id, 'pm_card_authenticationRequired', other);
    for (const used of [key, other]) {
      expect((await buyer.pay(order.id, 'pm_card_visa', used)).status).toBe(422);
      const again = await buyer.pay(order.id, 'pm_card_authenticationRequired', used);
      expect(again.body).toEqual(first.body);
    }
    expect((await buyer.pay(order.id)).status).toBe(201);
    const paid = await buyer.pay(order.id, 'pm_card_authenticationRequired', key);
    expect(paid).toMatchObject({ status: 201, body: { status: 'completed' } });
    expect(await healed(market)).toEqual([]);
  });

  it('is free again when the payment was refused for an unknown card', async () => {
    const { market, seller, buyer, order } = await openHeld();
    await using _ = market;
    for (let again = 0; again < 2; again++)
      expect((await buyer.pay(order.id, 'pm_card_unheardOf', key)).status).toBe(400);
    const second = await buyer.holds((await seller.sells()).id);
    expect((await buyer.pay(second.id, 'pm_card_visa', key)).status).toBe(201);
    expect((await buyer.pay(order.id)).status).toBe(201);
    expect(await taken(market)).toHaveLength(2);
    expect(await healed(market)).toEqual([]);
  });
});
