/** Checks every write of a charge, and of a payment at the gateway. */

import type { GatewayRecord, StoredPayment } from '@fairseat/test-support/invariants';
import type { Ledger, Write } from './ledger.ts';
import { must } from './violation.ts';

const NEXT: Record<string, string[]> = {
  created: ['created', 'completed', 'failed'],
  failed: ['failed', 'completed'],
  completed: ['completed'],
};

const NEXT_AT_GATEWAY: Record<string, string[]> = {
  unconfirmed: ['unconfirmed', 'requires_action', 'succeeded', 'cancelled'],
  requires_action: ['requires_action', 'unconfirmed', 'succeeded', 'cancelled'],
  succeeded: ['succeeded'],
  cancelled: ['cancelled'],
};

export interface MoneyRules {
  /** The most that a payment decided in time may be saved late, by clocks and weather. */
  decidedWithinMs: number;
  /** The most that it may reach the gateway late. */
  takenWithinMs: number;
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
    ...(charge.stripeRefundId !== (before?.stripeRefundId ?? null) ? ['refunded'] : []),
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
  const given = types.filter((type) => type === 'charge.refunded').length;
  must('a refund is said once', given === 0 || news.includes('refunded'), () => name);
  if (before && (charge.requests?.length ?? 0) > (before.requests?.length ?? 0)) {
    must('nobody pays twice', before.status === 'created', () => `${name} is ${before.status}`);
    must('one card at a time', before.token === null, () => `${name} was tried with two cards`);
  }
  checkTrue(charge, ledger, name);
  if (charge.token !== null && charge.token !== before?.token) {
    const lateMs = write.atMs - Date.parse(ledger.orders.get(id)?.expiresAt ?? '');
    const inTime = lateMs <= rules.decidedWithinMs;
    must('nobody pays after the end', inTime, () => `${name} was begun ${lateMs} ms too late`);
  }
}

type Charge = NonNullable<StoredPayment['charge']>;

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

/** A charge must show the true state of its payment at the gateway. */
function checkTrue(charge: Charge, ledger: Ledger, name: string) {
  const real = ledger.gateway.get(charge.stripeId ?? '');
  const { status } = charge;
  const says = `${name} is ${status}, at the gateway ${real?.status}`;
  if (status === 'completed')
    must('a charge tells the truth', real?.status === 'succeeded', () => says);
  if (status === 'failed')
    must('a charge tells the truth', real?.status === 'cancelled', () => says);
  if (charge.stripeRefundId !== null) {
    const same = real?.refundId === charge.stripeRefundId;
    must('a charge tells the truth', same, () => `${name} is refunded, but not at the gateway`);
  }
}

export function checkGateway(write: Write, ledger: Ledger, rules: MoneyRules): void {
  const before = write.before as GatewayRecord | undefined;
  const after = write.after as GatewayRecord;
  if (before === undefined) return;
  const name = `payment ${after.id}`;
  const legal = NEXT_AT_GATEWAY[before.status]?.includes(after.status) === true;
  must('legal states', legal, () => `${name} went from ${before.status} to ${after.status}`);
  if (before.status !== after.status && after.status === 'succeeded') {
    checkTaking(before, after, write.atMs, ledger, rules);
  }
  if (before.refundId !== after.refundId) {
    const order = ledger.orders.get(ledger.orderOfPayment.get(after.id) ?? '');
    const owed = before.refundId === null && order?.status === 'cancelled';
    must('only cancelled orders are refunded', owed, () => `${name}: its order ${order?.status}`);
  }
}

function checkTaking(
  before: GatewayRecord,
  after: GatewayRecord,
  atMs: number,
  ledger: Ledger,
  { takenWithinMs, wasApproved }: MoneyRules,
) {
  const name = `payment ${after.id}`;
  const orderId = ledger.orderOfPayment.get(after.id);
  const order = ledger.orders.get(orderId ?? '');
  must('money is taken for an order', order !== undefined, () => `${name} took money for nothing`);
  if (order === undefined) return;
  const { price } = order.ticket;
  must('a buyer pays what they saw', after.amount === price, () => `${name}: ${after.amount}`);
  // Without a new confirmation it was the bank's approval that took the money; otherwise it was a card.
  if (before.confirmations.length === after.confirmations.length) {
    const approved = wasApproved(after.id);
    must('the bank is obeyed', approved, () => `${name} was taken without approval`);
  } else {
    const lateMs = atMs - Date.parse(order.expiresAt);
    must(
      'nobody pays after the end',
      lateMs <= takenWithinMs,
      () => `${name} was taken ${lateMs} ms after its order ended`,
    );
  }
}
