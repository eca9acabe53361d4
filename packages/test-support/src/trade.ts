/** People who trade: as a test tells them, or at random by a seed. */
import { addressOf } from '@fairseat/common/contracts/charge';
import { gatewayInTheWay, passing } from './disturbances.ts';
import { readEverything } from './invariants.ts';
import { othersTurn, TestMarketplace, type TestOptions, type Visitor } from './marketplace.ts';

/** A marketplace with a ticket for sale and two who may want it. */
export async function openTrade(wrap?: TestOptions['wrap'], options: TestOptions = {}) {
  const market = await TestMarketplace.open({ ...options, ...(wrap && { wrap }) });
  const [seller, buyer, other] = (await market.people(3)) as [Visitor, Visitor, Visitor];
  return { market, seller, buyer, other, ticket: await seller.sells() };
}

/** A marketplace with a ticket that a buyer holds, where the payment gateway can be held up. */
export const openHeld = async (options: TestOptions = {}) => {
  const gateway = gatewayInTheWay();
  const trade = await openTrade(gateway.wrap, options);
  return { ...trade, gateway, order: await trade.buyer.holds(trade.ticket.id) };
};

/** The payments at the gateway that have taken money, whatever the services know of them. */
export const taken = async (market: TestMarketplace) =>
  (await readEverything(market.platform)).gateway.filter(({ status }) => status === 'succeeded');

/** Kills the process and starts it again on the same data; a request under way never gets its answer. */
export const restart = async (market: TestMarketplace) => {
  await market.crash();
  await market.start();
  await othersTurn(20);
};

/** Lets the reconciler go on with a charge that a crash left open, step by step, until it has ended. */
export async function untilOver(market: TestMarketplace, buyer: Visitor, orderId: string) {
  for (let looks = 0; ; looks++) {
    await passing(market, 5000);
    const charge = await buyer.seesCharge(orderId);
    if (charge.status !== 'created' || looks === 20) return charge;
  }
}

const TOKENS = [
  'pm_card_visa',
  'pm_card_visa',
  'pm_card_mastercard',
  'pm_card_chargeDeclined',
  'pm_card_authenticationRequired',
  'pm_fairseat_answerLost',
  'pm_fairseat_unavailable',
  'pm_fairseat_captureRefused',
  'pm_fairseat_takesAtOnce',
  'pm_fairseat_processing',
  'pm_card_unheardOf',
];
const PASSING_MS = [500, 5_000, 60_000, 400_000];

/** Trades at random. Returns the requests that were answered with a failure of the server: there should be none. */
export async function randomTrade(
  market: TestMarketplace,
  random: () => number,
  { people = 4, acts = 14, tokens = TOKENS, unit = 1 } = {},
): Promise<string[]> {
  const pick = <T>(items: T[]) => items[Math.floor(random() * items.length)];
  /** In whole `unit`s: not every amount of a currency can be charged. */
  const price = () => (1000 + Math.floor(random() * 1000)) * unit;
  const tickets: string[] = [];
  const orders: { buyer: Visitor; id: string }[] = [];
  const failures: string[] = [];

  const trades = {
    async list(person: Visitor) {
      const reply = await person.list('A seat', price());
      if (reply.status === 201) tickets.push(reply.body.id);
      return reply;
    },
    edit: (person: Visitor) => person.edit(pick(tickets) ?? '', 'A seat', price()),
    withdraw: (person: Visitor) => person.withdraw(pick(tickets) ?? ''),
    async order(person: Visitor) {
      const reply = await person.order(pick(tickets) ?? '', { prefer: `wait=${pick([0, 10])}` });
      if (reply.status === 201) orders.push({ buyer: person, id: reply.body.id });
      return reply;
    },
    async pay(person: Visitor) {
      const { buyer, id } = pick(orders) ?? { buyer: person, id: '' };
      const key = { 'idempotency-key': `${pick([1, 2, 3, 4, 5])}` };
      const reply = await buyer.pay(id, pick(tokens), pick([{}, key]));
      const url = addressOf(reply.body.nextAction);
      return url ? buyer.post(url, { approve: random() < 0.7 }) : reply;
    },
    async payTwice(person: Visitor) {
      const [reply] = await Promise.all([trades.pay(person), trades.pay(person)]);
      return reply;
    },
    cancel(person: Visitor) {
      const { buyer, id } = pick(orders) ?? { buyer: person, id: '' };
      return buyer.cancel(id);
    },
    async waits(person: Visitor) {
      market.clock.advance(pick(PASSING_MS) ?? 0);
      return person.get('/api/orders');
    },
  };
  const usual = ['order', 'order', 'order', 'pay', 'pay', 'pay', 'list'] as const;
  const kinds = [...usual, ...(Object.keys(trades) as (keyof typeof trades)[])];

  const live = async (person: Visitor) => {
    await trades.list(person);
    for (let act = 0; act < acts; act++) {
      const kind = pick(kinds) as keyof typeof trades;
      const { status } = await trades[kind](person);
      if (status >= 500) failures.push(`${kind} was answered ${status}`);
    }
  };
  await Promise.all((await market.people(people)).map(live));
  return failures;
}
