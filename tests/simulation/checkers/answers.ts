/** Checks every answer against the saved records. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { Stored } from '@fairseat/common/contracts/shared';
import { listingSchema, type TicketRecord } from '@fairseat/common/contracts/ticket';
import { bodyOf, type Exchange, type ReplyBody, type Route, subjectOf } from '../exchange.ts';
import { hasHeldTooOften, hasTooMany } from './fair-holds.ts';
import { addressOf, type Ledger } from './ledger.ts';
import { agree, must } from './violation.ts';

export const PASSWORD = 'correct horse';
export const UNKNOWN_TOKEN = 'pm_card_unheardOf';

export interface AnswerRules {
  /** True without any faults: then nothing may be refused as unavailable or not known yet. */
  isCalm: boolean;
  /** True when more than full disks may refuse a read. */
  readsMayFail: boolean;
  /** The places of each buyer. */
  maxHolds: number;
  /** The cards of an order that may be declined. */
  mostDeclines: number;
  /** The largest error of any clock. */
  mostSkewMs: number;
  /** True once a sign-out of this session was requested. */
  mayHaveEnded(cookie: string): boolean;
}

type Body = Partial<ReplyBody>;
type Truth = (exchange: Exchange, body: Body, ledger: Ledger) => boolean;
type Check = (exchange: Exchange, body: Body, ledger: Ledger, rules: AnswerRules) => boolean;

const orderOf = ({ id, body }: Exchange, ledger: Ledger): OrderRecord | undefined =>
  ledger.orders.get(String(body?.['orderId'] ?? '')) ??
  ledger.orders.get(id ?? '') ??
  ledger.orders.get(ledger.orderOfPayment.get(id ?? '') ?? '');
const ticketOf = (exchange: Exchange, ledger: Ledger) => ledger.tickets.get(subjectOf(exchange));

/** True when the answer shows a saved version of the record, and none from before the request. */
const isRecord: Truth = (exchange, body, ledger) => {
  const { id = '', version = 0, status, securedAt } = body;
  const { versions, route } = exchange;
  const past = ledger.past<Stored & { status: string; securedAt?: string }>(id, version);
  if (past === undefined) return wasUndone(id, exchange, ledger);
  const isFresh = route.startsWith('POST') || version >= versions;
  return past.status === status && past.securedAt === securedAt && isFresh;
};

/** True when a restore took a version of the record while the answer was on its way. */
const wasUndone = (id: string, { askedAtMs }: Exchange, { undone }: Ledger) =>
  ['tickets_tickets', 'orders_orders'].some(
    (table) => (undone.get(`${table} ${id}`) ?? 0) >= askedAtMs,
  );

const isTheirs: Truth = (exchange, body, ledger) =>
  isRecord(exchange, body, ledger) && body.userId === exchange.userId;

const isCharge: Truth = (exchange, { id, status, orderId }, ledger) => {
  const charge = ledger.payments.get(orderId ?? '')?.charge;
  const asked = exchange.id ?? exchange.body?.['orderId'];
  const isAsked = exchange.route.includes('test-gateway') || asked === orderId;
  const isStill = status === 'created' || charge?.status !== 'created';
  const isOwn = ledger.orders.get(orderId ?? '')?.userId === exchange.userId;
  return isAsked && isOwn && charge?.id === id && isStill;
};

/** A new order is not given cancelled, unless it ended by itself while its buyer waited. A key shows what became of it. */
const mayBeGiven: Truth = ({ headers, story }, { id = '', version = 0, status }, ledger) => {
  if (status !== 'cancelled') return true;
  if (headers?.['prefer'] === undefined) return ledger.makerOf.get(id) !== story;
  return ledger.past<OrderRecord>(id, version)?.reason !== 'ticket_unavailable';
};

const fits = ({ status, userId }: Body, { query = '', ...exchange }: Exchange) =>
  (!query.includes('available') || status === 'available') &&
  (!query.includes('mine') || userId === exchange.userId);

const isEnded = (record: TicketRecord | OrderRecord | undefined, end: string, by: Exchange) =>
  record?.status === end && record.userId === by.userId;

/** The rule for a success, by route. */
const granted: Record<Route, Check> = {
  'POST /api/users/signup': (_, { id }, { users }) => users.has(id ?? ''),
  'POST /api/users/signin': ({ body }, { id }, { accountOf }) =>
    body?.['password'] === PASSWORD &&
    accountOf.get(addressOf({ email: String(body['email']) })) === id,
  'POST /api/users/signout': () => true,
  'GET /api/users/currentuser': ({ userId }, { currentUser }) =>
    currentUser === null || currentUser?.id === userId,
  'GET /api/tickets': (exchange, { tickets = [] }, ledger) =>
    tickets.every(
      (ticket) => isRecord({ ...exchange, versions: 0 }, ticket, ledger) && fits(ticket, exchange),
    ),
  'POST /api/tickets': (exchange, body, ledger) =>
    isTheirs(exchange, body, ledger) &&
    (body.version !== 1 || agree(listingSchema, body, exchange.body)),
  'GET /api/tickets/:id': isRecord,
  'PUT /api/tickets/:id': (exchange, body, ledger) =>
    isTheirs(exchange, body, ledger) && agree(listingSchema, body, exchange.body),
  'DELETE /api/tickets/:id': (exchange, _, ledger) =>
    isEnded(ticketOf(exchange, ledger), 'withdrawn', exchange),
  'GET /api/orders': (exchange, { orders = [] }, ledger) =>
    orders.every((order) => isTheirs({ ...exchange, versions: 0 }, order, ledger)),
  'POST /api/orders': (exchange, body, ledger, { isCalm }) =>
    isTheirs(exchange, body, ledger) &&
    body.ticketId === exchange.body?.['ticketId'] &&
    (exchange.body?.['price'] ?? body.ticket?.price) === body.ticket?.price &&
    !(isCalm && exchange.headers?.['prefer'] && body.status === 'created') &&
    mayBeGiven(exchange, body, ledger),
  'GET /api/orders/:id': isTheirs,
  'DELETE /api/orders/:id': (exchange, _, ledger) =>
    isEnded(orderOf(exchange, ledger), 'cancelled', exchange),
  'POST /api/payments': isCharge,
  'GET /api/payments/:id': isCharge,
  'POST /api/test-gateway/:id/confirm': isCharge,
};

/** True when the order awaited its payment from request to answer. */
function couldPay(exchange: Exchange, ledger: Ledger): boolean {
  const order = orderOf(exchange, ledger);
  const charge = ledger.payments.get(order?.id ?? '')?.charge;
  const waits = order?.status === 'awaiting_payment' && order.version === exchange.versions;
  return waits && charge?.status !== 'failed';
}

const wasOnce = (exchange: Exchange, ledger: Ledger, status: string) =>
  (ledger.pasts.get(subjectOf(exchange)) ?? [])
    .filter(({ version }) => version >= exchange.versions)
    .some((past) => (past as TicketRecord).status === status);

const isNotTheirs: Truth = (exchange, _, ledger) => {
  const owner = orderOf(exchange, ledger) ?? ticketOf(exchange, ledger);
  return owner !== undefined && owner.userId !== exchange.userId;
};

const hasAccount: Truth = ({ body }, _, { accountOf }) =>
  accountOf.has(addressOf({ email: String(body?.['email']) }));

/** The record of a request may be on its way from another service, so the service waits this long for it. */
const WAITS_MS = 1000;
const hasWaited = ({
  askedAtMs,
  answeredAtMs = askedAtMs,
}: Pick<Exchange, 'askedAtMs' | 'answeredAtMs'>) => answeredAtMs - askedAtMs >= WAITS_MS;

/** The rule for a refusal, by code. */
const refused: Record<string, Check> = {
  email_taken: hasAccount,
  wrong_credentials: (exchange, body, ledger) =>
    exchange.body?.['password'] !== PASSWORD || !hasAccount(exchange, body, ledger),
  own_ticket: (exchange, _, ledger) => ticketOf(exchange, ledger)?.userId === exchange.userId,
  not_your_ticket: isNotTheirs,
  not_your_order: isNotTheirs,
  ticket_sold: (exchange, _, ledger) => ticketOf(exchange, ledger)?.status === 'sold',
  ticket_withdrawn: (exchange, _, ledger) => ticketOf(exchange, ledger)?.status === 'withdrawn',
  // For orders, the checker of holds decides whether it was held.
  ticket_reserved: (exchange, _, ledger) =>
    exchange.route === 'POST /api/orders' || wasOnce(exchange, ledger, 'reserved'),
  already_yours: () => true,
  ticket_unavailable: () => true,
  price_changed: ({ body }, { ticket }, ledger) => {
    const { id = '', price, version = 0 } = ticket ?? {};
    const past = ledger.past<TicketRecord>(id, version);
    const isOfIt = id === body?.['ticketId'] && price !== body['price'];
    return isOfIt && (past?.price === price || ledger.touched.has(id));
  },
  too_many_holds: hasTooMany,
  held_too_often: (exchange, _, ledger, { mostSkewMs }) =>
    hasHeldTooOften(exchange, ledger, mostSkewMs),
  order_paid: (exchange, _, ledger) => orderOf(exchange, ledger)?.securedAt !== undefined,
  order_completed: (exchange, _, ledger) => orderOf(exchange, ledger)?.status === 'completed',
  already_paid: (exchange, _, ledger) =>
    ledger.payments.get(subjectOf(exchange))?.charge?.status === 'completed',
  order_expired: (exchange, _, ledger, { mostSkewMs }) =>
    (exchange.answeredAtMs ?? 0) + mostSkewMs >=
    Date.parse(orderOf(exchange, ledger)?.expiresAt ?? ''),
  not_awaiting_payment: (exchange, _, ledger, { isCalm }) => !isCalm || !couldPay(exchange, ledger),
  payment_in_progress: (exchange, _, { payingUntilMs }) =>
    (payingUntilMs.get(subjectOf(exchange)) ?? 0) >= exchange.askedAtMs,
  too_many_attempts: () => true,
  payment_declined: (exchange, { detail = '', mayRetry }, ledger, { mostDeclines }) => {
    const charge = ledger.payments.get(orderOf(exchange, ledger)?.id ?? '')?.charge;
    // Another card may be under way by now.
    if (mayRetry || charge?.status === 'created') return mostDeclines > 1;
    return detail.startsWith(charge?.decline?.message ?? '');
  },
  unknown_payment_method: ({ body }) => body?.['token'] === UNKNOWN_TOKEN,
  idempotency_key_reused: ({ headers }) => headers?.['idempotency-key'] !== undefined,
  not_signed_in: ({ cookie }, _, _ledger, { mayHaveEnded }) =>
    cookie === undefined || mayHaveEnded(cookie),
  // The replica of another service may not have the record yet.
  not_found: ({ versions, route, ...exchange }, _, _ledger, { isCalm }) =>
    versions === 0 ||
    route === 'GET /api/payments/:id' ||
    (route.startsWith('POST') && !isCalm && hasWaited(exchange)),
  unavailable: ({ route }, _, _ledger, { isCalm, readsMayFail }) =>
    !isCalm && (readsMayFail || !route.startsWith('GET')),
};

export function checkAnswer(exchange: Exchange, ledger: Ledger, rules: AnswerRules): void {
  const { reply, route } = exchange;
  if (reply === undefined) return;
  const body = bodyOf(reply);
  const isGranted = reply.status < 300;
  const check = isGranted ? granted[route] : refused[body.code ?? ''];
  must(
    `an answer is true: ${isGranted ? route : body.code}`,
    check?.(exchange, body, ledger, rules) === true,
    () => `${route} was answered ${reply.status} ${JSON.stringify(reply.body)}`,
  );
}
