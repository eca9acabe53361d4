/** The actions of people. An action that finds nothing to act on first creates what it needs. */
import {
  type Act,
  anyKey,
  anyOrder,
  anyToken,
  buying,
  cancelling,
  confirming,
  die,
  editing,
  key,
  listing,
  openOrder,
  ordersOf,
  ownTicket,
  paying,
  type Turn,
  wanted,
} from './asks.ts';
import type { DoorReply } from './door.ts';
import { type Ask, bodyOf } from './exchange.ts';
import { type Action, pick } from './plan.ts';

const MOST_GRABBED = 6;
/** Longer than the pauses before a ticket may be held again. */
const LATEST_AGAIN_MS = 12_000;

const list: Act = (turn) =>
  turn.ask('list', {
    route: 'POST /api/tickets',
    body: listing(die(turn, 1)),
    headers: anyKey(turn, 2, 0.3),
  });

const edit: Act = (turn) => {
  const ticket = ownTicket(turn);
  return ticket ? turn.ask('edit', editing(turn, ticket)) : list(turn);
};

const withdraw: Act = (turn) => {
  const id = ownTicket(turn)?.id;
  return id ? turn.ask('withdraw', { route: 'DELETE /api/tickets/:id', id }) : list(turn);
};

const browse: Act = (turn) => {
  const id = pick(turn.market.tickets, die(turn, 1))?.id ?? '';
  const order = pick(ordersOf(turn, turn.person), die(turn, 1));
  const sights: Ask[] = [
    { route: 'GET /api/tickets', query: '?available=true' },
    { route: 'GET /api/tickets', query: '?q=seat&limit=5' },
    { route: 'GET /api/tickets', query: '?mine=true' },
    { route: 'GET /api/orders' },
    { route: 'GET /api/users/currentuser' },
    ...(id ? [{ route: 'GET /api/tickets/:id', id } as const] : []),
    ...(order ? [{ route: 'GET /api/orders/:id', id: order.id } as const] : []),
    ...(order ? [{ route: 'GET /api/payments/:id', id: order.id } as const] : []),
  ];
  return turn.ask('browse', pick(sights, die(turn, 0)));
};

/** Buys a ticket. A buyer without an answer repeats the request if it has a key, and else looks at their orders. */
async function buy(turn: Turn): Promise<DoorReply | undefined> {
  const ticket = wanted(turn);
  if (ticket === undefined) {
    await list(turn);
    return undefined;
  }
  const asked = buying(turn, ticket);
  const reply = await turn.ask('buy', asked);
  if (reply !== undefined && reply.status !== 503) return reply;
  if (asked.headers?.['idempotency-key']) return turn.ask('buy-again', asked);
  await turn.ask('look', { route: 'GET /api/orders' });
  return undefined;
}

async function heldOrder(turn: Turn): Promise<string | undefined> {
  const order = openOrder(turn);
  if (order) return order.id;
  const reply = await buy(turn);
  return reply?.status === 201 ? bodyOf(reply).id : undefined;
}

async function pay(turn: Turn): Promise<unknown> {
  const orderId = await heldOrder(turn);
  if (orderId === undefined) return undefined;
  const asked = paying(turn, orderId);
  const reply = await turn.ask('pay', asked);
  return reply === undefined && die(turn, 3) < 0.5 ? turn.ask('pay-again', asked) : reply;
}

/** Confirms at the bank, sometimes twice or after the order's end; else pays with a card that asks for it. */
async function confirm(turn: Turn): Promise<unknown> {
  const open = turn.market
    .openOrders(turn.person, turn.nowMs())
    .filter(({ paymentId }) => paymentId !== undefined);
  const late = ordersOf(turn, turn.person).filter(({ paymentId }) => paymentId !== undefined);
  const order =
    pick(open, die(turn, 0)) ?? (die(turn, 3) < 0.3 ? pick(late, die(turn, 0)) : undefined);
  if (order?.paymentId) {
    const asked = confirming(turn, order.paymentId);
    const twice = die(turn, 2) < 0.2 ? [turn.ask('confirm-2', asked)] : [];
    return Promise.all([turn.ask('confirm', asked), ...twice]);
  }
  const orderId = await heldOrder(turn);
  if (orderId === undefined) return undefined;
  return turn.ask('pay', paying(turn, orderId, 'pm_card_authenticationRequired'));
}

const cancel: Act = (turn) => {
  const order = anyOrder(turn);
  return order ? turn.ask('cancel', cancelling(order.id)) : buy(turn);
};

/** Sends the same request twice at once. */
const double: Act = async (turn) => {
  const order = openOrder(turn);
  const ticket = wanted(turn);
  const asks: Ask[] = [
    ...(order ? [paying(turn, order.id), paying(turn, order.id), cancelling(order.id)] : []),
    ...(order?.paymentId ? [confirming(turn, order.paymentId)] : []),
    ...(ticket ? [buying(turn, ticket)] : []),
    { route: 'POST /api/tickets', body: listing(die(turn, 1)), headers: key(turn, 2, 0.8) },
  ];
  const asked = pick(asks, die(turn, 4));
  await Promise.all([turn.ask('double-1', asked), turn.ask('double-2', asked)]);
};

/** Several people, or two requests of one, compete for one ticket or order at the same time. */
const race: Act = async (turn) => {
  const order = openOrder(turn);
  if (order && die(turn, 1) < 0.35) {
    const other =
      die(turn, 2) < 0.6 ? cancelling(order.id) : paying(turn, order.id, 'pm_card_mastercard');
    const mine = paying(turn, order.id, 'pm_card_visa');
    return Promise.all([turn.ask('race-1', mine), turn.ask('race-2', other)]);
  }
  const ticket = wanted(turn);
  if (ticket === undefined) return list(turn);
  const { market, person } = turn;
  const { id } = ticket;
  const buyers = Array.from({ length: 1 + Math.floor(die(turn, 2) * 4) }, (_, index) =>
    market.person(person.number + index),
  ).filter(({ cookie, number }) => cookie !== undefined && number !== ticket.seller);
  const seller = market.person(ticket.seller);
  const spoil: Ask =
    die(turn, 3) < 0.5 ? editing(turn, ticket) : { route: 'DELETE /api/tickets/:id', id };
  return Promise.all([
    ...buyers.map((buyer, index) => turn.ask(`race-${index + 1}`, buying(turn, ticket), buyer)),
    ...(die(turn, 4) < 0.5 ? [turn.ask('race-0', spoil, seller)] : []),
  ]);
};

/** Pays about when the order ends. */
async function comeBack(turn: Turn): Promise<unknown> {
  const order = openOrder(turn);
  if (order === undefined) return buy(turn);
  await turn.until(order.expiresAtMs + (die(turn, 4) - 0.5) * 2000);
  return turn.ask('pay', paying(turn, order.id, die(turn, 1) < 0.8 ? 'pm_card_visa' : undefined));
}

/** Repeats an earlier request with a key, or sends its key with another body. */
const replay: Act = (turn) => {
  const before = pick(turn.person.keyed, die(turn, 0));
  if (before === undefined) return list(turn);
  const other = die(turn, 1) < 0.15 ? otherBody(before, turn) : {};
  const { route, body, headers } = before;
  return turn.ask('replay', { route, body: { ...body, ...other }, ...(headers && { headers }) });
};

const otherBody = ({ route }: Ask, turn: Turn): Record<string, unknown> => {
  if (route === 'POST /api/tickets') return listing(die(turn, 2));
  if (route === 'POST /api/payments') return { token: anyToken(turn, 2) };
  return { ticketId: pick(turn.market.tickets, die(turn, 2))?.id ?? '' };
};

/** Signs out, and may still use the old session. */
async function signOut(turn: Turn): Promise<unknown> {
  const { person } = turn;
  const { cookie } = person;
  if (cookie === undefined) return undefined;
  await turn.ask('sign-out', { route: 'POST /api/users/signout', body: {} });
  person.cookie = undefined;
  if (die(turn, 0) < 0.5) return undefined;
  return turn.ask('old-session', { route: 'GET /api/orders' }, { ...person, cookie });
}

/** Sends a request that must be refused. */
const meddle: Act = (turn) => {
  const { person, market } = turn;
  const order = pick(
    market.orders.filter(({ buyer }) => buyer !== person.number),
    die(turn, 1),
  );
  const others = market.tickets.filter(({ seller }) => seller !== person.number);
  const id = pick(others, die(turn, 1))?.id;
  const own = ownTicket(turn);
  const wrong = { email: person.email, password: 'wrong horse' };
  const asks: Ask[] = [
    { route: 'POST /api/users/signin', body: wrong },
    {
      route: 'POST /api/users/signup',
      body: { email: person.email.toUpperCase(), password: 'correct horse' },
    },
    ...(own ? [buying(turn, own)] : []),
    ...(id ? [{ route: 'PUT /api/tickets/:id', id, body: listing(die(turn, 2)) } as const] : []),
    ...(id ? [{ route: 'DELETE /api/tickets/:id', id } as const] : []),
    ...(order ? [cancelling(order.id), paying(turn, order.id)] : []),
    ...(order ? [{ route: 'GET /api/orders/:id', id: order.id } as const] : []),
    ...(order ? [{ route: 'GET /api/payments/:id', id: order.id } as const] : []),
    ...(order?.paymentId ? [confirming(turn, order.paymentId)] : []),
  ];
  return turn.ask('meddle', pick(asks, die(turn, 0)));
};

/** Takes all the tickets there are, at once. */
const grab: Act = async (turn) => {
  const { market, person } = turn;
  const others = market.free(turn.nowMs()).filter(({ seller }) => seller !== person.number);
  if (others.length < 2) return list(turn);
  const first = Math.floor(die(turn, 0) * others.length);
  const tickets = [...others.slice(first), ...others.slice(0, first)].slice(0, MOST_GRABBED);
  return Promise.all(
    tickets.map((ticket, index) => {
      const { headers: _, ...asked } = buying(turn, ticket);
      return turn.ask(`grab-${index + 1}`, asked);
    }),
  );
};

/** Lets a ticket go, or waits for the end of its order, and holds it again: at the same moment, at once, and later. */
const holdAgain: Act = async (turn) => {
  const order = openOrder(turn);
  const ticket = turn.market.tickets.find(({ id }) => id === order?.ticketId);
  if (order === undefined || ticket === undefined) return buy(turn);
  const again = (label: string) => turn.ask(label, { ...buying(turn, ticket), headers: {} });
  if (die(turn, 2) < 0.6) {
    const ended = turn.ask('let-go', cancelling(order.id));
    await Promise.all([ended, ...(die(turn, 1) < 0.5 ? [again('again-meanwhile')] : [])]);
  } else await turn.until(order.expiresAtMs + die(turn, 1) * LATEST_AGAIN_MS);
  const reply = await again('again');
  if (bodyOf(reply).code !== 'held_too_often') return reply;
  await turn.until(turn.nowMs() + die(turn, 3) * LATEST_AGAIN_MS);
  return again('again-later');
};

export const actions: Record<Action, Act> = {
  list,
  edit,
  withdraw,
  browse,
  buy,
  race,
  grab,
  holdAgain,
  pay,
  confirm,
  cancel,
  double,
  comeBack,
  replay,
  signOut,
  meddle,
};
