/** Where a purchase stands, told from the order and its charge alone, so that every tab and every reload agree. */

import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { CancelReason, OrderRecord } from '@fairseat/common/contracts/order';

export type Stage =
  /** The ticket is being asked for. */
  | { name: 'locking' }
  /** The ticket is held and waits to be paid. */
  | { name: 'pay' }
  /** The buyer's bank asks for a confirmation. */
  | { name: 'confirm' }
  /** A payment is under way and nobody knows its end yet. */
  | { name: 'settling' }
  | { name: 'paid' }
  | { name: 'cancelled'; reason: CancelReason; refund: 'none' | 'owed' | 'made' };

/** @param now by the clock of the server, in milliseconds since the epoch. */
export function stageOf(order: OrderRecord, charge: ChargeRecord | null, now: number): Stage {
  if (order.status === 'completed') return { name: 'paid' };
  if (order.status === 'cancelled') {
    return { name: 'cancelled', reason: order.reason ?? 'buyer', refund: refundOf(charge) };
  }
  // What was charged or declined completes or cancels the order in a moment.
  if (charge?.status === 'completed') return { name: 'paid' };
  if (charge?.status === 'failed') return cancelled('payment_failed');
  if (now >= Date.parse(order.expiresAt)) return cancelled('expired');
  if (charge?.nextAction) return { name: 'confirm' };
  if (charge) return { name: 'settling' };
  return { name: order.status === 'created' ? 'locking' : 'pay' };
}

const cancelled = (reason: CancelReason): Stage => ({ name: 'cancelled', reason, refund: 'none' });

function refundOf(charge: ChargeRecord | null): 'none' | 'owed' | 'made' {
  if (charge?.status !== 'completed') return 'none';
  return charge.stripeRefundId === null ? 'owed' : 'made';
}

/** The order is as good as ended, but its services have not said so yet: look again soon. */
export const isUnsettled = (order: OrderRecord, stage: Stage) =>
  stage.name === 'locking' ||
  stage.name === 'settling' ||
  (stage.name === 'paid' && order.status !== 'completed') ||
  (stage.name === 'cancelled' && (order.status !== 'cancelled' || stage.refund === 'owed'));
