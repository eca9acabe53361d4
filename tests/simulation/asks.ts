/** What people ask for, and how they choose it. */
import type { DoorReply } from './door.ts';
import type { Ask } from './exchange.ts';
import { TOKENS, TOKENS_OF_BANKS } from './money.ts';
import type { KnownOrder, KnownTicket, Market, Person } from './people.ts';
import { pick } from './plan.ts';

/** One step under way. */
export interface Turn {
  person: Person;
  market: Market;
  hotness: number;
  banksAskBack: boolean;
  dice: readonly number[];
  nowMs(): number;
  /** Resolves at that true time, or at once when it is past. */
  until(atMs: number): Promise<void>;
  /** Sends a request of this or another person. `label` is unique within the step. */
  ask(label: string, ask: Ask, person?: Person): Promise<DoorReply | undefined>;
}

export type Act = (turn: Turn) => Promise<unknown>;

export const anyToken = ({ banksAskBack, dice }: Turn, index: number) =>
  pick(banksAskBack ? TOKENS_OF_BANKS : TOKENS, dice[index] as number);

export const die = ({ dice }: Turn, index: number) => dice[index] as number;
export const listing = (value: number) => ({
  title: `Seat ${1 + Math.floor(value * 7)}`,
  price: 1 + Math.floor(value * 99_999),
});

/** Draws whether the request has a key, which this step alone uses. */
export const key = (turn: Turn, index: number, chance: number): Record<string, string> =>
  die(turn, index) < chance ? { 'idempotency-key': `key-${turn.dice.join('-')}` } : {};

/** Like `key`, but sometimes with a key that everybody uses, for several requests. */
export const anyKey = (turn: Turn, index: number, chance: number): Record<string, string> =>
  die(turn, index) < chance / 6 ? { 'idempotency-key': 'once' } : key(turn, index, chance);

/** Draws a ticket to buy. The higher the hotness, the more people want the same few. */
export function wanted(turn: Turn): KnownTicket | undefined {
  const { market, person, hotness } = turn;
  const all = die(turn, 3) < 0.8 ? market.free(turn.nowMs()) : market.tickets;
  const others = all.filter(({ seller }) => seller !== person.number || die(turn, 4) < 0.02);
  return others[Math.floor(die(turn, 0) ** hotness * others.length)];
}

export const ownTicket = (turn: Turn) => {
  const own = turn.market.tickets.filter(({ seller }) => seller === turn.person.number);
  const open = own.filter(({ isOver }) => !isOver);
  return pick(open.length > 0 && die(turn, 3) < 0.9 ? open : own, die(turn, 0));
};

export const openOrder = (turn: Turn): KnownOrder | undefined =>
  pick(turn.market.openOrders(turn.person, turn.nowMs()), die(turn, 0));

export const anyOrder = (turn: Turn): KnownOrder | undefined =>
  openOrder(turn) ?? pick(ordersOf(turn, turn.person), die(turn, 0));

export const ordersOf = ({ market }: Turn, person: Person) =>
  market.orders.filter(({ buyer }) => buyer === person.number);

/** Mostly at the price that was seen, which may have changed since. */
export const buying = (turn: Turn, { id: ticketId, price }: KnownTicket): Ask => ({
  route: 'POST /api/orders',
  body: { ticketId, ...(die(turn, 4) < 0.8 && { price }) },
  headers: { ...(die(turn, 1) < 0.7 && { prefer: 'wait=10' }), ...anyKey(turn, 2, 0.4) },
});

export const paying = (turn: Turn, orderId: string, token = anyToken(turn, 1)): Ask => ({
  route: 'POST /api/payments',
  body: { orderId, token },
  headers: anyKey(turn, 2, 0.4),
});

/** Often the title alone changes: a buyer is bound by it as by the price. */
export const editing = (turn: Turn, { id, price }: KnownTicket): Ask => {
  const body = { ...listing(die(turn, 1)), ...(die(turn, 2) < 0.4 && { price }) };
  return { route: 'PUT /api/tickets/:id', id, body };
};

export const cancelling = (id: string): Ask => ({ route: 'DELETE /api/orders/:id', id });

export const confirming = (turn: Turn, id: string): Ask => ({
  route: 'POST /api/test-gateway/:id/confirm',
  id,
  body: { approve: die(turn, 1) < 0.8 },
});
