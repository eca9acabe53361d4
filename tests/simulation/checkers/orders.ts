/** Checks every write of an order. */
import { type CancelReason, type OrderRecord, termsSchema } from '@fairseat/common/contracts/order';
import { checkEnd, checkFair } from './fair-holds.ts';
import type { Ledger, Write } from './ledger.ts';
import { mustBeForGood } from './money.ts';
import { agree, must } from './violation.ts';

const NEXT: Record<OrderRecord['status'], OrderRecord['status'][]> = {
  created: ['awaiting_payment', 'cancelled'],
  awaiting_payment: ['completed', 'cancelled'],
  completed: ['completed'],
  cancelled: ['cancelled'],
};

/** Without faults an order ends sooner than by the sweep, which makes up for lost alarms. */
const MOST_LATE_MS = 1500;
/** With faults the sweep ends it, at one of its first runs that neither fail nor find the database away. */
const MOST_LATE_IN_ROUGH_WEATHER_MS = 10_000;

export interface OrderRules {
  isCalm: boolean;
  /** True when any state may be said again: to those who lost it, or never had it. */
  saysAgain: boolean;
  /** The places of each buyer. */
  maxHolds: number;
  savedWithinMs: number;
  orderExpirationSeconds: number;
  /** The most that clocks, weather and faults put off the end of an order. */
  endsWithinMs: number;
  /** Returns the least and the most error of the clock of a process. */
  skewMsOf(process: string): { most: number };
  /** True once this buyer has asked to cancel this order. */
  wasCancelledBy(userId: string, orderId: string): boolean;
}

export function checkOrder(write: Write, ledger: Ledger, rules: OrderRules): void {
  const before = write.before as OrderRecord | undefined;
  const after = write.after as OrderRecord;
  const name = `order ${after.id}`;
  const types = write.events.map(({ type }) => type);
  const isSecured = after.status === 'awaiting_payment' && after.securedAt !== undefined;
  const told = types.length === 1 && types[0] === `order.${isSecured ? 'secured' : after.status}`;
  must('every change is told', told, () => `${name} is ${after.status}, told by [${types}]`);
  if (before === undefined) {
    checkPlaced(after, ledger, rules, name);
    checkFair(write, ledger, rules);
    return;
  }

  const isAgain = (rules.saysAgain || isSecured) && before.status === after.status;
  const legal = NEXT[before.status].includes(after.status) || isAgain;
  must('legal states', legal, () => `${name} went from ${before.status} to ${after.status}`);
  must('an order stays what it is', sameTerms(before, after), () => name);
  if (before.securedAt === undefined && after.securedAt !== undefined) {
    mustHold(after, ledger, name);
    checkHeld(after, ledger, name);
  }
  if (after.status === before.status) {
    must('an end stays as it was', before.reason === after.reason, () => name);
  } else if (after.status === 'awaiting_payment') mustHold(after, ledger, name);
  else if (after.status === 'completed') {
    mustHold(after, ledger, name);
    checkPaid(after, ledger, name);
  } else {
    mustBeForGood(after, ledger);
    checkReason(after, write, ledger, rules);
    checkEnd(write, rules);
  }
}

const sameTerms = (a: OrderRecord, b: OrderRecord) =>
  a.userId === b.userId &&
  a.ticketId === b.ticketId &&
  a.expiresAt === b.expiresAt &&
  (a.securedAt === undefined || a.securedAt === b.securedAt) &&
  agree(termsSchema, a.ticket, b.ticket);

function checkPlaced(order: OrderRecord, ledger: Ledger, rules: OrderRules, name: string) {
  const ticket = ledger.tickets.get(order.ticketId);
  const active = ledger.activeOrderOf.get(order.ticketId);
  const seconds = (Date.parse(order.expiresAt) - Date.parse(order.createdAt)) / 1000;
  must('legal states', order.status === 'created', () => `${name} begins ${order.status}`);
  must('one order a ticket', active === undefined, () => `${name} joins order ${active}`);
  must('an order is for a ticket', ticket !== undefined, () => `${name}: no such ticket`);
  must('nobody buys from themselves', ticket?.userId !== order.userId, () => name);
  must(
    'a hold lasts as long as it is set to',
    seconds === rules.orderExpirationSeconds,
    () => `${name} holds for ${seconds} s`,
  );
}

function mustHold(order: OrderRecord, { tickets }: Ledger, name: string) {
  const ticket = tickets.get(order.ticketId);
  must(
    'an order holds its ticket',
    ticket?.orderId === order.id,
    () => `${name} is ${order.status}, but its ticket ${ticket?.status} for ${ticket?.orderId}`,
  );
}

/** An order is secured while its money is held, and by nothing else. */
function checkHeld({ id }: OrderRecord, { payments, gateway, touched }: Ledger, name: string) {
  const charge = payments.get(id)?.charge;
  const real = gateway.get(charge?.stripeId ?? '');
  const isHeld = charge?.authorizedAt !== undefined && real?.status === 'authorized';
  must(
    'an order is secured by money that is held',
    isHeld || touched.has(id),
    () => `${name}: its charge is ${charge?.status}, at the gateway ${real?.status}`,
  );
}

function checkPaid(order: OrderRecord, { payments, gateway }: Ledger, name: string) {
  const charge = payments.get(order.id)?.charge;
  const real = gateway.get(charge?.stripeId ?? '');
  const taken = real?.status === 'succeeded' && real.refundId === null;
  const { price } = order.ticket;
  must(
    'a completed order is paid',
    charge?.status === 'completed' && charge.stripeRefundId === null && taken,
    () => `${name} is completed; its charge is ${charge?.status}, at the gateway ${real?.status}`,
  );
  must(
    'a buyer pays what they saw',
    charge?.amount === price && real?.amount === price,
    () => `${name} at ${price} was charged ${charge?.amount}, at the gateway ${real?.amount}`,
  );
}

function checkReason(order: OrderRecord, write: Write, ledger: Ledger, rules: OrderRules) {
  const name = `order ${order.id}`;
  const { id, userId, reason } = order;
  const clockMs = write.atMs + rules.skewMsOf(write.process).most;
  const rightly: Record<CancelReason, () => boolean> = {
    buyer: () => rules.wasCancelledBy(userId, id),
    expired: () => clockMs >= Date.parse(order.expiresAt),
    payment_failed: () => ledger.payments.get(id)?.charge?.status === 'failed',
    ticket_unavailable: () => ledger.refused.has(id),
  };
  const right = reason !== undefined && rightly[reason]();
  must('an order ends for its reason', right, () => `${name} was cancelled: ${reason}`);
  if (order.securedAt !== undefined) {
    const isUnpaid = reason === 'payment_failed';
    must('a secured order is its buyer’s', isUnpaid, () => `${name} was cancelled: ${reason}`);
    return;
  }
  const lateMs = write.atMs - Date.parse(order.expiresAt);
  const mostMs = rules.isCalm ? MOST_LATE_MS : MOST_LATE_IN_ROUGH_WEATHER_MS + rules.endsWithinMs;
  must('an order ends in time', lateMs <= mostMs, () => `${name}: ${lateMs}`);
}
