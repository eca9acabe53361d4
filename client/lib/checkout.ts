import type { OpenCharge, OpenOrder } from './records.ts';

/** The stage of a purchase, derived from the order and its charge alone, so that every tab and every reload agree. */

type NextAction = NonNullable<OpenCharge['nextAction']>;
export type EndReason = NonNullable<OpenOrder['reason']>;

/**
 * What became of money that was taken for an order which ended. It is `pending` until the buyer's bank has it, and `failed`
 * when that sent it back.
 */
type RefundStage = 'none' | 'owed' | 'pending' | 'made' | 'failed';

export type Stage =
  /** The ticket is being asked for. */
  | { name: 'locking' }
  /** The ticket is held and waits to be paid, after a card was declined with another. */
  | { name: 'pay'; decline?: string }
  /** The buyer's bank asks for a confirmation. */
  | { name: 'confirm'; action: NextAction }
  /** A payment is under way, its outcome unknown. */
  | { name: 'settling' }
  /** The ticket is the buyer's, even if the money that is held for it has yet to be taken. */
  | { name: 'paid' }
  /** The services, of a newer release, have brought it to where this page cannot tell. */
  | { name: 'other' }
  | { name: 'cancelled'; reason: EndReason; refund: RefundStage };

/** @param now the server's time, in milliseconds since the epoch. */
export function stageOf(order: OpenOrder, charge: OpenCharge | null, now: number): Stage {
  if (order.status === 'completed') return { name: 'paid' };
  if (order.status === 'cancelled') {
    return { name: 'cancelled', reason: order.reason ?? 'buyer', refund: refundOf(charge) };
  }
  if (order.status === 'other') return { name: 'other' };
  // The charge is final, and the order follows in a moment.
  if (charge?.status === 'completed') return { name: 'paid' };
  if (charge?.status === 'failed') return cancelled('payment_failed');
  // The ticket is the buyer's, and the money that is held is taken in a moment.
  if (order.securedAt !== undefined) return { name: 'paid' };
  // Orders may still decide for the buyer.
  if (charge?.authorizedAt !== undefined) return { name: 'settling' };
  if (now >= Date.parse(order.expiresAt)) return cancelled('expired');
  if (charge?.nextAction) return { name: 'confirm', action: charge.nextAction };
  if (charge?.decline) return { name: 'pay', decline: charge.decline.message };
  if (charge) return { name: 'settling' };
  return { name: order.status === 'created' ? 'locking' : 'pay' };
}

const cancelled = (reason: EndReason): Stage => ({ name: 'cancelled', reason, refund: 'none' });

function refundOf(charge: OpenCharge | null): RefundStage {
  if (charge?.status !== 'completed') return 'none';
  if (charge.refund?.status === 'failed') return 'failed';
  if (charge.refund?.status === 'pending') return 'pending';
  return charge.stripeRefundId === null ? 'owed' : 'made';
}

/** The services have not finished with the order, so the page looks again soon. */
export const isUnsettled = (order: OpenOrder, stage: Stage) =>
  stage.name === 'locking' ||
  stage.name === 'settling' ||
  (stage.name === 'paid' && order.status !== 'completed') ||
  (stage.name === 'cancelled' && (order.status !== 'cancelled' || stage.refund === 'owed'));
