/** What differs between a payment at the gateway and what is known of it here, and what is to do about it. */
import type { PaymentStatus } from '@fairseat/common/contracts/charge';
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
  refundId?: string;
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
  const { status, refundId } = listed;
  const isHeld = status === 'authorized';
  const isTaken = (status === 'succeeded' && !refundId) || status === 'processing';
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

function ofTaken(listed: Listed, { order }: Payment, charge: Charge): Finding[] {
  const { refundId } = listed;
  const amount = amountOf(listed);
  if (charge.status !== 'completed') {
    return [settle(`${amount} were taken, and the charge is ${charge.status}`, TAKE_OVER)];
  }
  if ((refundId ?? null) === charge.stripeRefundId) {
    const isOwed = order?.status === 'cancelled' && !refundId;
    const what = `${amount} were taken for a cancelled order`;
    return isOwed ? [settle(what, 'The money is given back')] : [];
  }
  if (refundId && order?.status === 'cancelled') {
    return [settle(`${amount} were given back, which the charge does not know`, TAKE_OVER)];
  }
  if (refundId) {
    const what = `${amount} were given back at the gateway, and the order is ${order?.status}`;
    return [{ what, todo: ASK_AT_GATEWAY }];
  }
  const what = `the charge says that ${amount} were given back, and the gateway that they were not`;
  return [{ what, todo: 'Give the money back at the gateway' }];
}

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
