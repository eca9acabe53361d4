/** Requests that may be sent twice, and requests that wait for their outcome. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { othersTurn, TestMarketplace, type Visitor } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let market: TestMarketplace;
beforeAll(async () => {
  market = await TestMarketplace.open();
});
afterAll(() => market[Symbol.asyncDispose]());

const twoPeople = async () => (await market.people(2)) as [Visitor, Visitor];
const key = { 'idempotency-key': 'the same key' };

describe('a request with an Idempotency-Key', () => {
  it('makes one ticket, however often and at once it is sent', async () => {
    const seller = await market.person();
    const replies = await Promise.all(Array.from({ length: 20 }, () => seller.list('A', 1, key)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    const { body } = await seller.get<{ tickets: TicketRecord[] }>('/api/tickets?mine=true');
    expect(body.tickets).toHaveLength(1);
  });

  it('answers the record as it stands now', async () => {
    const seller = await market.person();
    const { id } = (await seller.list('Before', 1, key)).body;
    await seller.edit(id, 'After', 2);
    expect((await seller.list('Before', 1, key)).body).toMatchObject({ id, title: 'After' });
  });

  it('answers the buyer their own order instead of a conflict with it', async () => {
    const [seller, buyer] = await twoPeople();
    const ticket = await seller.sells();
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => buyer.order(ticket.id, key)),
    );
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    expect((await buyer.order(ticket.id)).body).toMatchObject({ code: 'already_yours' });
  });

  it('takes the money once', async () => {
    const [seller, buyer] = await twoPeople();
    const order = await buyer.holds((await seller.sells()).id);
    const first = await buyer.pay(order.id, 'pm_card_visa', key);
    const again = await buyer.pay(order.id, 'pm_card_visa', key);
    expect(again).toMatchObject({ status: 201, body: first.body });
  });

  it('is told again that the card was declined', async () => {
    const [seller, buyer] = await twoPeople();
    const order = await buyer.holds((await seller.sells()).id);
    const pay = () => buyer.pay(order.id, 'pm_card_chargeDeclined', key);
    expect(faultsOf(await pay(), 402)).toEqual([]);
    expect(faultsOf(await pay(), 402)).toEqual([]);
  });

  it('is another request for another user, route or key', async () => {
    const [one, two] = await twoPeople();
    const otherKey = { 'idempotency-key': 'another key' };
    const ids = [
      (await one.list('A', 1, key)).body.id,
      (await one.list('A', 1, otherKey)).body.id,
      (await two.list('A', 1, key)).body.id,
    ];
    expect(new Set(ids).size).toBe(3);
    expect((await two.order(ids[0] ?? '', key)).status).toBe(201);
  });

  it('may be sent again after a refusal', async () => {
    const [seller, buyer] = await twoPeople();
    const other = await market.person();
    const ticket = await seller.sells();
    const hold = await other.holds(ticket.id);
    expect((await buyer.order(ticket.id, key)).status).toBe(409);
    await other.cancel(hold.id);
    expect((await buyer.order(ticket.id, key)).status).toBe(201);
  });

  it('makes no second record across a crash and restart', async () => {
    await using own = await TestMarketplace.open();
    const seller = await own.person();
    const { id } = (await seller.list('A', 1, key)).body;
    await own.crash();
    await own.start();
    expect((await seller.list('A', 1, key)).body.id).toBe(id);
  });

  it.each([
    ['empty', ''],
    ['longer than 255 characters', 'k'.repeat(256)],
    ['not ASCII', 'clé'],
  ])('is refused when the key is %s', async (_, bad) => {
    const seller = await market.person();
    expect(faultsOf(await seller.list('A', 1, { 'idempotency-key': bad }), 400)).toEqual([]);
  });
});

describe('an order with `Prefer: wait`', () => {
  it('is answered once the ticket is held', async () => {
    const [seller, buyer] = await twoPeople();
    const reply = await buyer.order((await seller.sells()).id, { prefer: 'wait=10' });
    expect(reply).toMatchObject({ status: 201, body: { status: 'awaiting_payment' } });
  });

  it('is answered 409 when the ticket was changed meanwhile', async () => {
    const [seller, buyer] = await twoPeople();
    const ticket = await seller.sells('A seat', 4990);
    await market.settled();
    const [reply] = await Promise.all([
      buyer.order(ticket.id, { prefer: 'wait=10' }),
      seller.edit(ticket.id, 'A seat', 5990),
    ]);
    // Whichever came first, the buyer must not hold the ticket at a price that they did not see.
    if (reply.status === 409) expect(faultsOf(reply, 409)).toEqual([]);
    else expect(reply.body.ticket.price).toBe((await buyer.seesTicket(ticket.id)).price);
  });

  it.each([
    ['wait=3', 3],
    ['wait=60', 10],
    ['Handling=lenient, Wait="1"; x', 1],
    ['respond-async, wait=2', 2],
    ['wait=0', 0],
    ['handling=lenient', 0],
  ])('waits as long as %s says, at most 10 seconds (%i)', async (prefer, seconds) => {
    // orders receives no lock, so only the time ends the wait.
    await using deaf = await TestMarketplace.open({
      wrap: (platform) => ({
        ...platform,
        bus: {
          consume: (group, handlers) =>
            platform.bus.consume(group, { ...handlers, 'ticket.reserved': async () => {} }),
          publish: (event) => platform.bus.publish(event),
          watch: (listener) => platform.bus.watch(listener),
          onRestore: (service, state) => platform.bus.onRestore(service, state),
          restored: (service, state) => platform.bus.restored(service, state),
          onLoss: (service, sayAgain) => platform.bus.onLoss(service, sayAgain),
          deadLetters: () => platform.bus.deadLetters(),
          backlog: () => platform.bus.backlog(),
        },
      }),
    });
    const [seller, buyer] = (await deaf.people(2)) as [Visitor, Visitor];
    const ticket = await seller.sells();
    await deaf.settled();
    const saved = Promise.withResolvers<void>();
    deaf.platform.bus.watch(({ type }) => {
      if (type === 'order.created') saved.resolve();
    });
    let reply: { body: OrderRecord } | undefined;
    const startedAt = deaf.clock.now();
    const answered = buyer.order(ticket.id, { prefer }).then((answer) => {
      reply = answer;
    });
    await saved.promise;
    let flownMs = 0;
    for (; reply === undefined; flownMs += 50) {
      await othersTurn(4);
      deaf.clock.advance(50);
    }
    await answered;
    expect(reply.body.status).toBe('created');
    expect(deaf.clock.now() - startedAt).toBeGreaterThanOrEqual(seconds * 1000);
    expect(flownMs).toBeLessThan((seconds + 1) * 1000);
  });
});
