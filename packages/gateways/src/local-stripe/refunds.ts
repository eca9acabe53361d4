/** Money given back, and money that buyers ask back from their banks. */
import { LATER_MS, type Scene, schedule, tell } from './acts.ts';
import { invalid } from './failure.ts';
import type { Charge, Dispute, Payment, Refund } from './model.ts';
import { refundedOf } from './render.ts';
import { behaviourOf } from './test-methods.ts';

export interface AskedRefund {
  amount?: number | undefined;
  reason?: string | undefined;
  metadata?: Record<string, string> | undefined;
}

/** Refunds all that is left of a charge, or a part. Returns the refund's id. @throws Failure */
export function refund(
  payment: Payment,
  scene: Scene,
  chargeId: string,
  asked: AskedRefund,
): string {
  const charge = payment.charges.find((each) => each.id === chargeId) as Charge;
  const left = charge.amountCaptured - refundedOf(payment, charge);
  if (charge.status !== 'succeeded' || !charge.captured) {
    throw invalid(
      `This PaymentIntent (${payment.intent.id}) does not have a successful charge to refund.`,
    );
  }
  if (payment.disputes.some((dispute) => dispute.charge === chargeId && dispute.status !== 'won')) {
    throw invalid(`Charge ${chargeId} has been charged back; cannot issue a refund.`, {
      code: 'charge_disputed',
    });
  }
  if (left === 0) {
    throw invalid(`Charge ${chargeId} has already been refunded.`, {
      code: 'charge_already_refunded',
    });
  }
  const amount = asked.amount ?? left;
  if (amount > left) {
    throw invalid(
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
      { param: 'amount' },
    );
  }
  return giveBack(payment, scene, charge, amount, asked.reason ?? null, asked.metadata);
}

/** Returns the refund's id. */
export function giveBack(
  payment: Payment,
  scene: Scene,
  charge: Charge,
  amount: number,
  reason: string | null,
  metadata: Record<string, string> = {},
): string {
  const behaviour = charge.captured ? behaviourOf(charge.method).refund : undefined;
  const id = scene.newId('re');
  payment.refunds.push({
    id,
    charge: charge.id,
    created: scene.now,
    amount,
    status: behaviour === 'pending' ? 'pending' : 'succeeded',
    reason,
    metadata,
  });
  if (behaviour) schedule(payment, { at: scene.now + LATER_MS, what: 'refund_ends', id });
  tell(payment, scene, 'refund.created', id);
  tell(payment, scene, 'charge.refunded', charge.id);
  return id;
}

/** A pending refund arrives, or one that was believed to have arrived comes back. */
export function endRefund(payment: Payment, scene: Scene, id: string): void {
  const made = payment.refunds.find((each) => each.id === id) as Refund;
  made.status = made.status === 'pending' ? 'succeeded' : 'failed';
  tell(payment, scene, 'refund.updated', id);
  tell(payment, scene, 'charge.refund.updated', id);
  if (made.status === 'failed') tell(payment, scene, 'refund.failed', id);
}

/** The buyer tells their bank that they did not pay this. Returns the dispute's id. */
export function openDispute(payment: Payment, scene: Scene, chargeId: string): string {
  const charge = payment.charges.find((each) => each.id === chargeId) as Charge;
  const id = scene.newId('du');
  payment.disputes.push({
    id,
    charge: chargeId,
    created: scene.now,
    amount: charge.amountCaptured,
    status: 'needs_response',
    reason: 'fraudulent',
    evidence: null,
  });
  tell(payment, scene, 'charge.dispute.created', id);
  tell(payment, scene, 'charge.dispute.funds_withdrawn', id);
  return id;
}

/** Stripe's test mode decides by these words. */
const VERDICTS: Record<string, 'won' | 'lost'> = {
  winning_evidence: 'won',
  losing_evidence: 'lost',
};

/** @throws Failure */
export function giveEvidence(payment: Payment, scene: Scene, id: string, evidence: string): void {
  const dispute = openDisputeOf(payment, id);
  dispute.evidence = evidence;
  const verdict = VERDICTS[evidence];
  if (verdict) closeDispute(payment, scene, id, verdict);
  else tell(payment, scene, 'charge.dispute.updated', id);
}

/** @throws Failure */
export function closeDispute(
  payment: Payment,
  scene: Scene,
  id: string,
  verdict: 'won' | 'lost' = 'lost',
): void {
  const dispute = openDisputeOf(payment, id);
  dispute.status = verdict;
  tell(payment, scene, 'charge.dispute.closed', id);
  if (verdict === 'won') tell(payment, scene, 'charge.dispute.funds_reinstated', id);
}

function openDisputeOf(payment: Payment, id: string): Dispute {
  const dispute = payment.disputes.find((each) => each.id === id) as Dispute;
  if (dispute.status !== 'needs_response') throw invalid('This dispute is already closed.');
  return dispute;
}
