/** What differs between a payment at the gateway and what is known of it here, and what is to do about it. */
import type { Dispute, PaymentStatus, Refund } from '@fairseat/common/contracts/charge';
import { owesRefund } from './aftermath.ts';
import type { Charge, Payment } from './charge.ts';

/** A payment as the gateway lists it. */
export interface Listed {
  id: string;
  status: PaymentStatus;
  /** In the currency's minor unit. */
  amount: number;
  currency?: string;
  /** Of the order that it was opened for. */
  orderId?: string;
  refund?: Refund;
  dispute?: Dispute;
}

export interface Finding {
  what: string;
  todo: string;
  /**
   * What has one right answer: `settle` has the charge take over the outcome, and what follows from it; `refund` and
   * `cancel` act on a payment that no charge has.
   */
  mend?: 'settle' | 'refund' | 'cancel';
}

const settle = (what: string, todo: string): Finding => ({ what, todo, mend: 'settle' });
const DROPPED = 'The order is cancelled: the hold is dropped';
const TAKE_OVER = 'The charge takes that over';
const ASK_AT_GATEWAY = 'Look at the gateway who did that, and set one of the two right by hand';

/** `payment` is the record that has this payment, or else that of its order. */
export function findingsOf(listed: Listed, payment: Payment | undefined): Finding[] {
  const { charge = null } = payment ?? {};
  if (payment === undefined || charge?.stripeId !== listed.id) return ofUnknown(listed, payment);
  return [...ofAmount(listed, charge), ...ofState(listed, payment, charge)];
}

/** A charge that has a payment, of which the gateway does not tell. */
export function findingOfUnlisted({ charge }: Payment): Finding[] {
  if (charge?.stripeId == null) return [];
  const what = `the gateway lists no such payment, and the charge of ${amountOf(charge)} is ${charge.status}`;
  const todo = 'See whether the key is that of the account which took the payments';
  return [{ what, todo }];
}

/** Every payment here has one amount and one currency, which the gateway was told. */
function ofAmount(listed: Listed, charge: Charge): Finding[] {
  const { amount, currency = charge.currency } = listed;
  if (amount === charge.amount && currency === charge.currency) return [];
  const what = `it is of ${amountOf(listed)} at the gateway, and the charge of ${amountOf(charge)}`;
  return [{ what, todo: ASK_AT_GATEWAY }];
}

function ofUnknown(listed: Listed, payment: Payment | undefined): Finding[] {
  const { status, refund } = listed;
  const isHeld = status === 'authorized';
  const isTaken = (status === 'succeeded' && refund === undefined) || status === 'processing';
  if (!isHeld && !isTaken) return [];
  const what = `${amountOf(listed)} ${isHeld ? 'are held' : 'were taken'} that no charge knows of`;
  const { order = null, charge = null } = payment ?? {};
  if (charge?.status === 'created' && charge.stripeId === null) return [settle(what, TAKE_OVER)];
  if (order?.status === 'cancelled' && isHeld) {
    return [{ what, todo: DROPPED, mend: 'cancel' }];
  }
  if (order?.status === 'cancelled' && status === 'succeeded') {
    return [{ what, todo: 'The order is cancelled: the money is given back', mend: 'refund' }];
  }
  const of = order ? `its order is ${order.status}` : 'there is no such order';
  const paid = charge?.stripeId ? `, and is paid by ${charge.stripeId}` : '';
  const todo = `${capital(of)}${paid}. Find out at the gateway whose it is, and give it back there`;
  return [{ what, todo }];
}

function ofState(listed: Listed, payment: Payment, charge: Charge): Finding[] {
  switch (listed.status) {
    case 'succeeded':
      return ofTaken(listed, payment, charge);
    case 'authorized':
      return ofHeld(listed, payment, charge);
    default:
      return ofUntaken(listed, payment, charge);
  }
}

function ofTaken(listed: Listed, payment: Payment, charge: Charge): Finding[] {
  const { refund, dispute } = listed;
  const amount = amountOf(listed);
  if (charge.status !== 'completed') {
    return [settle(`${amount} were taken, and the charge is ${charge.status}`, TAKE_OVER)];
  }
  if (refund === undefined && charge.stripeRefundId !== null) {
    const what = `the charge says that ${amount} were given back, and the gateway that they were not`;
    return [{ what, todo: 'Give the money back at the gateway' }];
  }
  const findings: Finding[] = [];
  if (refund && !isKnown(refund, charge)) {
    const { id, amount, status } = refund;
    const what = `refund ${id} of ${amountOf({ ...listed, amount })} is ${status}, which the charge does not know`;
    findings.push(settle(what, TAKE_OVER));
  } else if (owesRefund(payment)) {
    findings.push(settle(`${amount} were taken for a cancelled order`, 'The money is given back'));
  }
  if (dispute && dispute.status !== charge.dispute?.status) {
    const what = `dispute ${dispute.id} is ${dispute.status}, which the charge does not know`;
    findings.push(settle(what, TAKE_OVER));
  }
  return findings;
}

/** Charges of 0.1.0 know the id alone. */
const isKnown = ({ id, status, amount }: Refund, { refund, stripeRefundId }: Charge) =>
  refund === undefined
    ? stripeRefundId === id && status !== 'failed'
    : refund.id === id && refund.status === status && refund.amount === amount;

function ofHeld(listed: Listed, { order }: Payment, charge: Charge): Finding[] {
  const what = `${amountOf(listed)} are held, and the charge is ${charge.status}`;
  if (charge.status === 'completed') {
    return [{ what, todo: 'Capture the money at the gateway before the hold ends' }];
  }
  if (charge.status === 'failed') return [{ what, todo: 'The hold is dropped', mend: 'cancel' }];
  const isOver = order?.status === 'cancelled';
  return isOver ? [settle(what, DROPPED)] : [];
}

function ofUntaken(listed: Listed, { order }: Payment, charge: Charge): Finding[] {
  const { status } = listed;
  const isOver = status === 'cancelled';
  const what = `it is ${status} at the gateway, and the charge of ${amountOf(charge)} is ${charge.status}`;
  if (charge.status === 'completed') return [{ what, todo: ASK_AT_GATEWAY }];
  if (charge.status === 'failed') {
    const isOpen = !isOver && status !== 'processing';
    return isOpen ? [{ what, todo: 'The payment is cancelled', mend: 'cancel' }] : [];
  }
  if (isOver) return [settle(what, TAKE_OVER)];
  const mustEnd = order?.status === 'cancelled' && status !== 'processing';
  return mustEnd ? [settle(what, 'The order is cancelled, and so is the payment')] : [];
}

const amountOf = ({ amount, currency = '' }: { amount: number; currency?: string }) =>
  `${amount} ${currency}`.trim();

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
