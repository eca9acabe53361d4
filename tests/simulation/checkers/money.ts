/** Checks every write of a charge, and of a payment at the gateway. */

import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { Entry } from '@fairseat/platform/simulated';
import type { GatewayRecord, StoredPayment } from '@fairseat/test-support/invariants';
import type { Ledger, Write } from './ledger.ts';
import { must } from './violation.ts';

const NEXT: Record<string, string[]> = {
  created: ['created', 'completed', 'failed'],
  failed: ['failed', 'completed'],
  completed: ['completed'],
};

/** A buyer's card was accepted: the money is held, on its way or taken. */
const ACCEPTED = ['authorized', 'processing', 'succeeded'];

const NEXT_AT_GATEWAY: Record<string, string[]> = {
  unconfirmed: ['unconfirmed', 'requires_action', 'cancelled', ...ACCEPTED],
  requires_action: ['requires_action', 'unconfirmed', 'cancelled', ...ACCEPTED],
  authorized: ['authorized', 'succeeded', 'cancelled'],
  processing: ['processing', 'succeeded'],
  succeeded: ['succeeded'],
  cancelled: ['cancelled'],
};

export interface MoneyRules {
  /** The most that a payment decided in time may be saved late, by clocks and weather. */
  decidedWithinMs: number;
  /** The most that it may reach the gateway late. */
  takenWithinMs: number;
  /** The cards of an order that may be declined. */
  mostDeclines: number;
  /** The largest error of any clock. */
  mostSkewMs: number;
  /** True once the buyer has approved this payment at the bank. */
  wasApproved(paymentId: string): boolean;
}

export function checkPayment(write: Write, ledger: Ledger, rules: MoneyRules): void {
  const before = (write.before as StoredPayment | undefined)?.charge ?? null;
  const { id, order, charge } = write.after as StoredPayment;
  const name = `charge of order ${id}`;
  const known = (write.before as StoredPayment | undefined)?.order ?? null;
  if (order?.version !== known?.version)
    checkReplica(id, order?.version ?? 0, known?.version ?? 0, ledger);
  if (charge === null) {
    must('a charge stays', before === null, () => name);
    return;
  }

  const types = write.events.map(({ type }) => type);
  const news: string[] = [
    ...(charge.status !== before?.status && charge.status !== 'created' ? [charge.status] : []),
    ...newsOfBanks(before, charge),
    ...(charge.authorizedAt !== before?.authorizedAt ? ['authorized'] : []),
  ];
  must(
    'every change is told',
    news.every((what) => types.includes(`charge.${what}` as (typeof types)[number])),
    () => `${name} is ${news}, told by [${types}]`,
  );
  if (before === null) {
    must('legal states', charge.status === 'created', () => `${name} begins ${charge.status}`);
    const price = ledger.orders.get(id)?.ticket.price;
    const right = charge.amount === price;
    must('a buyer pays what they saw', right, () => `${name}: ${charge.amount} for ${price}`);
  } else {
    const legal = NEXT[before.status]?.includes(charge.status) === true;
    must('legal states', legal, () => `${name} went from ${before.status} to ${charge.status}`);
    must('a charge stays', charge.id === before.id && charge.amount === before.amount, () => name);
    const { stripeId, stripeRefundId } = before;
    const kept =
      (stripeId === null || stripeId === charge.stripeId) &&
      (stripeRefundId === null || stripeRefundId === charge.stripeRefundId);
    must('a charge stays', kept, () => `${name} goes by another payment or refund`);
  }
  checkDecline(write, before, charge, name);
  checkDeclines(write, before, charge, ledger, rules);
  const isSaidOnce = TOLD_OF_BANKS.every(
    (what) => !types.includes(`charge.${what}`) || news.includes(what),
  );
  must('a refund is said once', isSaidOnce, () => `${name}: ${types}`);
  if (before && (charge.requests?.length ?? 0) > (before.requests?.length ?? 0)) {
    must('nobody pays twice', before.status === 'created', () => `${name} is ${before.status}`);
    const isFree = before.token === null && before.authorizedAt === undefined;
    must('one card at a time', isFree, () => `${name} was tried with two cards`);
  }
  checkTrue(charge, ledger, name);
  if (charge.token !== null && charge.token !== before?.token) {
    const lateMs = write.atMs - Date.parse(ledger.orders.get(id)?.expiresAt ?? '');
    const inTime = lateMs <= rules.decidedWithinMs;
    must('nobody pays after the end', inTime, () => `${name} was begun ${lateMs} ms too late`);
  }
}

type Charge = NonNullable<StoredPayment['charge']>;

/** What is said of refunds and disputes. */
const TOLD_OF_BANKS = ['refunded', 'refund_failed', 'disputed'] as const;

function newsOfBanks(before: Charge | null, { stripeRefundId, refund, dispute }: Charge): string[] {
  const isOther =
    stripeRefundId !== (before?.stripeRefundId ?? null) ||
    refund?.status !== before?.refund?.status;
  return [
    ...(isOther ? [refund?.status === 'failed' ? 'refund_failed' : 'refunded'] : []),
    ...(dispute?.status !== before?.dispute?.status ? ['disputed'] : []),
  ];
}

/** A charge lives on after a decline while its order may be paid, so many times. */
function checkDeclines(
  { atMs, after }: Write,
  before: Charge | null,
  charge: Charge,
  { orders }: Ledger,
  { mostDeclines, mostSkewMs }: MoneyRules,
) {
  const { declines = 0, status, decline } = charge;
  const tried = () => `${declines} cards of order ${after.id} were declined`;
  must('only so many cards are declined', declines < mostDeclines, tried);
  if (status !== 'failed' || before?.status !== 'created' || !decline) return;
  const order = orders.get(after.id);
  const isOpen =
    order?.status === 'awaiting_payment' &&
    order.securedAt === undefined &&
    atMs + mostSkewMs < Date.parse(order.expiresAt);
  const isLast = (before.declines ?? 0) + 1 >= mostDeclines;
  must('a decline leaves the order its time', !isOpen || isLast, tried);
}

/** What the buyer was told stays, and the event tells the same. */
function checkDecline({ events }: Write, before: Charge | null, charge: Charge, name: string) {
  const text = JSON.stringify(charge.decline);
  const isKept = before?.status !== 'failed' || JSON.stringify(before.decline) === text;
  const isTold = events
    .filter(({ type }) => type === 'charge.failed')
    .every(({ data }) => JSON.stringify((data as Partial<Charge>).decline) === text);
  must('the text of a decline is kept', isKept && isTold, () => `${name}: ${text}`);
}

function checkReplica(id: string, version: number, knownVersion: number, { orders }: Ledger) {
  const owner = orders.get(id)?.version ?? 0;
  must(
    'a replica grows newer',
    version > knownVersion && version <= owner,
    () => `payments had order ${id} at ${knownVersion} and took ${version}; orders has ${owner}`,
  );
}

/** What may be seen of a refund, by what it comes to. */
const ENDS: Record<string, string[]> = {
  '': ['succeeded'],
  'arrives late': ['pending', 'succeeded'],
  'fails late': ['pending', 'failed'],
};

/** A charge must show the true state of its payment at the gateway. */
function checkTrue(charge: Charge, ledger: Ledger, name: string) {
  const real = ledger.gateway.get(charge.stripeId ?? '');
  const { status } = charge;
  const says = `${name} is ${status}, at the gateway ${real?.status}`;
  if (status === 'completed')
    must('a charge tells the truth', real?.status === 'succeeded', () => says);
  if (status === 'failed')
    must('a charge tells the truth', real?.status === 'cancelled', () => says);
  if (charge.authorizedAt !== undefined)
    must('a charge tells the truth', real?.captureBefore !== undefined, () => says);
  if (charge.stripeRefundId !== null) {
    const same = real?.refundId === charge.stripeRefundId;
    must('a charge tells the truth', same, () => `${name} is refunded, but not at the gateway`);
  }
  if (charge.refund) {
    const isSo = ENDS[real?.refunding ?? '']?.includes(charge.refund.status) === true;
    const refund = `the refund of ${name} is ${charge.refund.status}, as it is ${real?.refunding}`;
    must('a charge tells the truth', isSo, () => refund);
  }
  const isDisputed =
    charge.dispute === undefined || real?.dispute?.status === charge.dispute.status;
  must('a charge tells the truth', isDisputed, () => `${name} is disputed, but not at the gateway`);
}

export function checkGateway(write: Write, ledger: Ledger, rules: MoneyRules): void {
  const before = write.before as GatewayRecord | undefined;
  const after = write.after as GatewayRecord;
  if (before === undefined) return;
  const name = `payment ${after.id}`;
  const legal = NEXT_AT_GATEWAY[before.status]?.includes(after.status) === true;
  must('legal states', legal, () => `${name} went from ${before.status} to ${after.status}`);
  if (!ACCEPTED.includes(before.status) && ACCEPTED.includes(after.status)) {
    checkPaying(before, after, write.atMs, ledger, rules);
  }
  const order = ledger.orders.get(ledger.orderOfPayment.get(after.id) ?? '');
  if (before.status === 'authorized' && after.status === 'succeeded') {
    const isTheirs = order?.securedAt !== undefined && order.status !== 'cancelled';
    must('held money is taken for a secured order', isTheirs, () => `${name}: ${order?.status}`);
  }
  if (before.refundId !== after.refundId) {
    const owed = before.refundId === null && order?.status === 'cancelled';
    must('only cancelled orders are refunded', owed, () => `${name}: its order ${order?.status}`);
    const isOurs = after.dispute === undefined;
    must('what a bank has is not given back', isOurs, () => `${name} is disputed, and refunded`);
  }
}

/** Money that was held is taken for an order that ends completed, unless a restore changed one of the two. */
export function mustBeForGood(order: OrderRecord | undefined, ledger: Ledger) {
  if (order === undefined || ledger.touched.has(order.id)) return;
  const paymentId = ledger.payments.get(order.id)?.charge?.stripeId ?? '';
  const real = ledger.gateway.get(paymentId);
  const isTaken = real?.status === 'succeeded' && real.captureBefore !== undefined;
  must('money that was held is taken for good', !isTaken, () => `payment ${paymentId}`);
}

function checkPaying(
  before: GatewayRecord,
  after: GatewayRecord,
  atMs: number,
  ledger: Ledger,
  { takenWithinMs, wasApproved }: MoneyRules,
) {
  const name = `payment ${after.id}`;
  const orderId = ledger.orderOfPayment.get(after.id);
  const order = ledger.orders.get(orderId ?? '');
  must('money is taken for an order', order !== undefined, () => `${name} is for nothing`);
  if (order === undefined) return;
  const { price } = order.ticket;
  must('a buyer pays what they saw', after.amount === price, () => `${name}: ${after.amount}`);
  // Without a new confirmation it was the bank's approval that held the money; otherwise it was a card.
  if (before.confirmations.length === after.confirmations.length) {
    const approved = wasApproved(after.id);
    must('the bank is obeyed', approved, () => `${name} was accepted without approval`);
  } else {
    const lateMs = atMs - Date.parse(order.expiresAt);
    must(
      'nobody pays after the end',
      lateMs <= takenWithinMs,
      () => `${name} was accepted ${lateMs} ms after its order ended`,
    );
  }
}

/** Money that is on its way is not cancelled by who was told so: there is nothing yet to give back. */
export class OnTheirWay {
  readonly #told = new Map<string, unknown>();

  asked({ call, args, answer, process, story }: Extract<Entry, { kind: 'gateway' }>): void {
    const name = `${process} ${story} ${args[0]}`;
    const isCancelled = call === 'cancel' && this.#told.get(name) === 'processing';
    must('what is on its way is waited for', !isCancelled, () => `${process} cancels ${args[0]}`);
    this.#told.set(name, (answer as { status?: string }).status);
  }
}
