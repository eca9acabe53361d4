/** Races over many seeded interleavings, and with their guard removed, to see each go wrong. */
import type { Platform } from '@fairseat/common/ports';
import { seeded, shuffled } from '@fairseat/common/testing';
import {
  interleaved,
  turns,
  withoutCompareAndSet,
  withoutUniqueKey,
} from '@fairseat/test-support/interleaving';
import { violations } from '@fairseat/test-support/invariants';
import {
  isDistributed,
  othersTurn,
  type Reply,
  TestMarketplace,
  type Visitor,
} from '@fairseat/test-support/marketplace';
import { describe, expect, it } from 'vitest';

type Wrap = <P extends Platform>(platform: P) => P;
/** Runs a race and returns what went wrong in it, beyond the invariants. */
type Race = (market: TestMarketplace, random: () => number) => Promise<string[]>;

const SEEDS = 12;

async function run(
  seed: number,
  race: Race,
  guardOut: Wrap = (platform) => platform,
): Promise<string[]> {
  await using market = await TestMarketplace.open({
    wrap: (platform) => interleaved(seed)(guardOut(platform)),
  });
  const wrong = await race(market, seeded(seed));
  await market.settled();
  return [...wrong, ...(await violations(market.platform, market.clock.now())), ...market.errors];
}

function races(name: string, race: Race, guard: string, guardOut: Wrap, seeds = SEEDS) {
  describe(name, () => {
    // On real servers each seed takes longer, and no two runs of one are alike.
    const last = isDistributed ? Math.ceil(seeds / 4) : seeds;
    it(`holds over ${last} interleavings`, async () => {
      for (let seed = 1; seed <= last; seed++) {
        expect({ seed, wrong: await run(seed, race) }).toEqual({ seed, wrong: [] });
      }
    });

    if (isDistributed) return;
    it(`goes wrong without ${guard}`, async () => {
      let wrong: string[] = [];
      for (let seed = 1; wrong.length === 0 && seed <= 50; seed++)
        wrong = await run(seed, race, guardOut);
      expect(wrong).not.toEqual([]);
    });
  });
}

const count = (replies: Reply<unknown>[], status: number) =>
  replies.filter((reply) => reply.status === status).length;
const expectCounts = (replies: Reply<unknown>[], expected: Record<number, number>): string[] => {
  const actual: Record<number, number> = {};
  for (const { status } of replies) actual[status] = (actual[status] ?? 0) + 1;
  return JSON.stringify(actual) === JSON.stringify(expected)
    ? []
    : [`answers were ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`];
};
/** Starts the acts in random order at random moments. Returns their answers in the given order. */
async function inAnyOrder<T>(random: () => number, ...acts: (() => Promise<T>)[]): Promise<T[]> {
  const answers: T[] = [];
  const started = shuffled([...acts.keys()], random).map(async (index) => {
    await turns(Math.floor(random() * 60));
    answers[index] = await (acts[index] as () => Promise<T>)();
  });
  await Promise.all(started);
  return answers;
}
const onTicket = async (market: TestMarketplace) => {
  const [seller, buyer] = (await market.people(2)) as [Visitor, Visitor];
  return { seller, buyer, ticket: await seller.sells('A seat', 4990) };
};

races(
  '200 buyers at once on one ticket',
  async (market) => {
    const [seller, ...buyers] = (await market.people(11)) as [Visitor, ...Visitor[]];
    const ticket = await seller.sells();
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, n) => (buyers[n % 10] as Visitor).order(ticket.id)),
    );
    return expectCounts(replies, { 201: 1, 409: 199 });
  },
  'the unique key on the ticket of active orders',
  withoutUniqueKey('orders', 'active_ticket'),
  4,
);

races(
  'a buyer against a price edit',
  async (market, random) => {
    const [seller, buyer] = (await market.people(2)) as [Visitor, Visitor];
    const tickets = await Promise.all(
      Array.from({ length: 8 }, () => seller.sells('A seat', 4990)),
    );
    const wrong = tickets.map(async ({ id }) => {
      const [placed, edited] = await inAnyOrder<Reply<unknown>>(
        random,
        () => buyer.order(id),
        () => seller.edit(id, 'A seat', 9990),
      );
      await market.settled();
      const order = await buyer.seesOrder((placed?.body as { id?: string } | undefined)?.id ?? '');
      const { price } = await buyer.seesTicket(id);
      const held = order.status === 'awaiting_payment';
      if (held && order.ticket.price !== price) return ['the buyer pays another price'];
      if (edited?.status === 200 && price !== 9990) return ['an acknowledged edit was lost'];
      return [];
    });
    return (await Promise.all(wrong)).flat();
  },
  'compare-and-set on the ticket',
  withoutCompareAndSet('tickets'),
);

races(
  'payment against expiry',
  async (market, random) => {
    const { buyer, ticket } = await onTicket(market);
    const order = await buyer.holds(ticket.id);
    // Otherwise the time would be over before payments has received the order.
    await market.settled();
    market.clock.advance(15 * 60_000 - 1000);
    const replies = await inAnyOrder<Reply<unknown> | undefined>(
      random,
      () => buyer.pay(order.id),
      async () => {
        market.clock.advance(2000);
        return undefined;
      },
    );
    const paid = replies.find((reply) => reply !== undefined);
    market.clock.advance(5000);
    await reconciled(market, buyer, order.id);
    if (!paid || ![201, 402, 409].includes(paid.status)) return [`paying answered ${paid?.status}`];
    return debitedForNothing(buyer, order.id);
  },
  'compare-and-set on the order',
  withoutCompareAndSet('orders'),
  30,
);

races(
  'a cancellation against payment',
  async (market, random) => {
    const [seller, ...buyers] = (await market.people(5)) as [Visitor, ...Visitor[]];
    const wrong = buyers.map(async (buyer) => {
      const order = await buyer.holds((await seller.sells()).id);
      const replies = await inAnyOrder<Reply<unknown>>(
        random,
        () => buyer.pay(order.id),
        async () => {
          // Orders decides only once the money is held.
          await turns(Math.floor(random() * 60));
          return buyer.cancel(order.id);
        },
      );
      await reconciled(market, buyer, order.id);
      const { status } = await buyer.seesOrder(order.id);
      const isCancelled = count(replies, 204) === 1;
      const isSo = isCancelled === (status === 'cancelled');
      const debited = await debitedForNothing(buyer, order.id);
      return isSo ? debited : [`cancelled: ${isCancelled}, but ${status}`];
    });
    return (await Promise.all(wrong)).flat();
  },
  'compare-and-set on the order',
  withoutCompareAndSet('orders'),
  10,
);

races(
  '20 parallel payments of one order',
  async (market) => {
    const { buyer, ticket } = await onTicket(market);
    const order = await buyer.holds(ticket.id);
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        buyer.pay(order.id, n % 2 ? 'pm_card_visa' : 'pm_card_mastercard'),
      ),
    );
    return expectCounts(replies, { 201: 1, 409: 19 });
  },
  'compare-and-set on the charge',
  withoutCompareAndSet('payments'),
);

races(
  '20 parallel sign-ups of one e-mail address',
  async (market) => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        market.visitor().post('/api/users/signup', {
          email: n % 2 ? 'Same@Example.com' : 'same@example.com',
          password: 'correct horse',
        }),
      ),
    );
    return expectCounts(replies, { 201: 1, 409: 19 });
  },
  'the unique key on the address',
  withoutUniqueKey('auth', 'email'),
);

/** The money of a card moves only once the ticket is its buyer's, so there is never any to give back. */
async function debitedForNothing(buyer: Visitor, orderId: string): Promise<string[]> {
  const { stripeRefundId } = await buyer.seesCharge(orderId);
  return stripeRefundId
    ? [`a card was debited for nothing, and refunded by ${stripeRefundId}`]
    : [];
}

/** Moves the clock until the sweep that voids and refunds, once a second, has run. */
async function reconciled(market: TestMarketplace, buyer: Visitor, orderId: string) {
  await market.settled();
  const isOpen = async () => {
    const order = await buyer.seesOrder(orderId);
    const charge = await buyer.seesCharge(orderId);
    if (order.status !== 'cancelled' || charge.id === undefined) return false;
    return charge.status === 'created' || (charge.status === 'completed' && !charge.stripeRefundId);
  };
  for (let tries = 0; tries < 200 && (await isOpen()); tries++) {
    market.clock.advance(250);
    await othersTurn(1);
    await market.settled();
  }
}
