/** What becomes of a confirmed intent: at the bank, by a capture, by an end, or by time. */
import { type Scene, tell, unschedule } from './acts.ts';
import { Failure, invalid } from './failure.ts';
import { charge, fail, mustBe, take } from './intents.ts';
import type { Charge, Payment } from './model.ts';
import { giveBack } from './refunds.ts';
import { latestOf, renderIntent } from './render.ts';
import { behaviourOf } from './test-methods.ts';

/** Passes on the buyer's answer to their bank. Only the first one counts. */
export function authenticate(payment: Payment, scene: Scene, approves: boolean): void {
  const { intent } = payment;
  if (intent.status !== 'requires_action' || !intent.method) return;
  if (!approves) {
    fail(payment, scene, {
      type: 'invalid_request_error',
      code: 'payment_intent_authentication_failure',
      message:
        'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
    });
    return;
  }
  try {
    charge(payment, scene, intent.method);
  } catch (error) {
    // The decline is shown by the intent: it answers no request.
    if (!(error instanceof Failure)) throw error;
  }
}

/** @throws Failure */
export function capture(payment: Payment, scene: Scene, amount = payment.intent.amount): void {
  mustBe(payment, scene, 'captured', ['requires_capture']);
  const held = latestOf(payment) as Charge;
  if (amount > held.amount) {
    throw invalid(
      `The provided amount to capture (${amount}) is greater than the amount capturable (${held.amount}).`,
      { code: 'amount_too_large', param: 'amount_to_capture' },
    );
  }
  const { captureDecline } = behaviourOf(held.method);
  if (captureDecline) {
    throw new Failure(400, {
      type: 'invalid_request_error',
      ...captureDecline,
      payment_intent: renderIntent(payment, scene.origin),
    });
  }
  unschedule(payment, held.id);
  take(payment, scene, held, amount);
  if (amount < held.amount) giveBack(payment, scene, held, held.amount - amount, null);
}

/** @throws Failure */
export function cancel(payment: Payment, scene: Scene, reason: string | null): void {
  mustBe(payment, scene, 'canceled', [
    'requires_payment_method',
    'requires_capture',
    'requires_confirmation',
    'requires_action',
  ]);
  end(payment, scene, reason, null);
}

/** Ends an intent, and gives back what is held. */
function end(payment: Payment, scene: Scene, reason: string | null, refunded: string | null): void {
  const { intent } = payment;
  const held = intent.status === 'requires_capture' ? latestOf(payment) : undefined;
  Object.assign(intent, {
    status: 'canceled',
    canceledAt: scene.now,
    cancellationReason: reason,
  });
  if (held) {
    unschedule(payment, held.id);
    giveBack(payment, scene, held, held.amount, refunded);
  }
  tell(payment, scene, 'payment_intent.canceled', intent.id);
}

/** The hold ran out: the issuer has dropped it. */
export function expireAuthorization(payment: Payment, scene: Scene): void {
  const held = latestOf(payment) as Charge;
  end(payment, scene, 'automatic', 'expired_uncaptured_charge');
  tell(payment, scene, 'charge.expired', held.id);
}

/** A bank account has paid, or not. */
export function endProcessing(payment: Payment, scene: Scene, id: string): void {
  const pending = payment.charges.find((each) => each.id === id) as Charge;
  const { decline: reason } = behaviourOf(pending.method);
  if (!reason) {
    take(payment, scene, pending, pending.amount);
    return;
  }
  const { code, message } = reason;
  Object.assign(pending, { status: 'failed', failure: { code, message } });
  tell(payment, scene, 'charge.failed', id);
  fail(payment, scene, { type: 'card_error', ...reason, charge: id });
}
