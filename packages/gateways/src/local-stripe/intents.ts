/** What is done with payment intents. */
import { LATER_MS, type Scene, schedule, tell } from './acts.ts';
import { Failure, invalid, missing, unexpectedState } from './failure.ts';
import {
  type Charge,
  DAY_MS,
  type Intent,
  type IntentStatus,
  type Json,
  type Method,
  type Payment,
} from './model.ts';
import { renderIntent } from './render.ts';
import { renderMethod } from './render-method.ts';
import { behaviourOf, byType, redirects, testMethod } from './test-methods.ts';

/** How long cards are held. */
const AUTHORIZED_FOR_MS = 7 * DAY_MS;

/** What is asked of a confirmation. */
export interface Confirmation {
  method: string | undefined;
  returnUrl?: string | undefined;
  offSession?: boolean | undefined;
  errorOnRequiresAction?: boolean | undefined;
  /** Whether the page asks the buyer itself, by Stripe's script. */
  inPlace?: boolean | undefined;
}

export function createPayment(scene: Scene, asked: AskedIntent): Payment {
  const id = scene.newId('pi');
  const payment: Payment = {
    kind: 'payment',
    id,
    version: 1,
    createdAt: new Date(scene.now).toISOString(),
    intent: {
      ...asked,
      id,
      created: scene.now,
      status: 'requires_payment_method',
      clientSecret: `${id}_${scene.newId('secret')}`,
      bankKey: scene.newId('key'),
      method: null,
      returnUrl: null,
      inPlace: false,
      lastError: null,
      canceledAt: null,
      cancellationReason: null,
    },
    session: null,
    charges: [],
    refunds: [],
    disputes: [],
    spentTokens: [],
    told: [],
    upcoming: [],
    answers: [],
  };
  return payment;
}

type Given =
  | 'id'
  | 'created'
  | 'status'
  | 'clientSecret'
  | 'bankKey'
  | 'method'
  | 'returnUrl'
  | 'inPlace'
  | 'lastError'
  | 'canceledAt'
  | 'cancellationReason';

/** Of an intent, what its creator decides. */
export type AskedIntent = Omit<Intent, Given>;

/** @throws Failure when the state does not allow it. */
export function mustBe(payment: Payment, scene: Scene, verb: string, allowed: IntentStatus[]) {
  const { status } = payment.intent;
  if (allowed.includes(status)) return;
  throw unexpectedState(
    `This PaymentIntent could not be ${verb} because it has a status of ${status}. Only a PaymentIntent with one of the following statuses may be ${verb}: ${allowed.join(', ')}.`,
    renderIntent(payment, scene.origin),
  );
}

/** The method of a name or a type. @throws Failure when there is none, or not for this payment. */
function chosenMethod({ intent }: Payment, scene: Scene, name: string): Method {
  const known = testMethod(name);
  if (known === undefined) throw missing('PaymentMethod', name, 'payment_method');
  const method = { id: scene.newId('pm'), name: known };
  const { type } = behaviourOf(method);
  if (!intent.types.includes(type)) {
    throw invalid(
      `The PaymentMethod provided (${type}) is not allowed for this PaymentIntent. Please attach a PaymentMethod of one of these types: ${intent.types.join(', ')}.`,
      { code: 'payment_intent_incompatible_payment_method', param: 'payment_method' },
    );
  }
  return method;
}

export function setMethod(payment: Payment, scene: Scene, name: string): void {
  payment.intent.method = chosenMethod(payment, scene, name);
  payment.intent.status = 'requires_confirmation';
}

/** @throws Failure, also for a decline, which the payment remembers. */
export function confirm(payment: Payment, scene: Scene, asked: Confirmation): void {
  mustBe(payment, scene, 'confirmed', [
    'requires_payment_method',
    'requires_confirmation',
    'requires_action',
  ]);
  const { intent } = payment;
  const method = asked.method ? chosenMethod(payment, scene, asked.method) : intent.method;
  if (!method) {
    throw unexpectedState(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
      renderIntent(payment, scene.origin),
    );
  }
  const behaviour = behaviourOf(method);
  if (asked.returnUrl === undefined && needsReturnUrl(intent)) {
    throw invalid(
      'A `return_url` must be specified because this Payment Intent is configured to accept payment methods that might redirect your customer off of your page.',
      { param: 'return_url' },
    );
  }
  Object.assign(intent, {
    method,
    returnUrl: asked.returnUrl ?? null,
    inPlace: asked.inPlace ?? asked.returnUrl === undefined,
    lastError: null,
  });
  if (!behaviour.asks) {
    charge(payment, scene, method);
    return;
  }
  if (asked.offSession || asked.errorOnRequiresAction) {
    decline(payment, scene, method, {
      type: 'card_error',
      code: asked.offSession ? 'authentication_required' : 'card_declined',
      decline_code: 'authentication_required',
      message: 'Your card was declined. This transaction requires authentication.',
    });
  }
  intent.status = 'requires_action';
  tell(payment, scene, 'payment_intent.requires_action', intent.id);
}

/** Where Stripe may choose a method that leads to another page. */
const needsReturnUrl = ({ mayRedirect, allowed, types }: Intent) =>
  mayRedirect && (allowed === null || types.some((type) => redirects.has(type)));

/** Asks the bank for the money. @throws Failure for a decline. */
export function charge(payment: Payment, scene: Scene, method: Method): void {
  const { intent } = payment;
  const behaviour = behaviourOf(method);
  const { type, processing } = behaviour;
  if (behaviour.decline && !processing) {
    decline(payment, scene, method, { type: 'card_error', ...behaviour.decline });
  }
  const isHeld =
    (intent.methodOptions[type]?.['capture_method'] ?? intent.captureMethod) === 'manual';
  const made: Charge = {
    id: scene.newId('ch'),
    created: scene.now,
    method,
    amount: intent.amount,
    amountCaptured: 0,
    status: processing ? 'pending' : 'succeeded',
    captured: false,
    captureBefore: isHeld && !processing ? scene.now + AUTHORIZED_FOR_MS : null,
    failure: null,
  };
  payment.charges.push(made);
  const { id } = made;
  if (processing) {
    intent.status = 'processing';
    if (processing.ends) {
      schedule(payment, { at: scene.now + LATER_MS, what: 'processing_ends', id });
    }
    tell(payment, scene, 'payment_intent.processing', intent.id);
  } else if (made.captureBefore !== null) {
    intent.status = 'requires_capture';
    schedule(payment, { at: made.captureBefore, what: 'authorization_ends', id });
    tell(payment, scene, 'charge.succeeded', id);
    tell(payment, scene, 'payment_intent.amount_capturable_updated', intent.id);
  } else {
    take(payment, scene, made, made.amount);
  }
}

/** The money is the merchant's. */
export function take(payment: Payment, scene: Scene, made: Charge, amount: number): void {
  const wasHeld = made.captureBefore !== null;
  Object.assign(made, { status: 'succeeded', captured: true, amountCaptured: amount });
  payment.intent.status = 'succeeded';
  if (behaviourOf(made.method).disputed) {
    schedule(payment, { at: scene.now + LATER_MS, what: 'dispute_opens', id: made.id });
  }
  tell(payment, scene, wasHeld ? 'charge.captured' : 'charge.succeeded', made.id);
  tell(payment, scene, 'payment_intent.succeeded', payment.intent.id);
}

/** @throws Failure, always: the payment remembers it, and can be confirmed again. */
function decline(
  payment: Payment,
  scene: Scene,
  method: Method,
  reason: Json & { type: string; code: string; message: string },
): never {
  const { intent } = payment;
  const failed: Charge = {
    id: scene.newId('ch'),
    created: scene.now,
    method,
    amount: intent.amount,
    amountCaptured: 0,
    status: 'failed',
    captured: false,
    captureBefore: null,
    failure: { code: reason.code, message: reason.message },
  };
  payment.charges.push(failed);
  tell(payment, scene, 'charge.failed', failed.id);
  fail(payment, scene, { ...reason, charge: failed.id });
  const { lastError } = intent;
  throw new Failure(402, {
    ...(lastError as typeof reason),
    payment_intent: renderIntent(payment, scene.origin),
  });
}

/** Back to the beginning, with the reason. */
export function fail(payment: Payment, scene: Scene, reason: Json): void {
  const { intent } = payment;
  const method = intent.method && renderMethod(intent.method, intent.created);
  Object.assign(intent, {
    status: 'requires_payment_method',
    method: null,
    lastError: { ...reason, ...(method && { payment_method: method }) },
  });
  tell(payment, scene, 'payment_intent.payment_failed', intent.id);
}

/** The name of the test method that `payment_method_data` stands for. @throws Failure */
export function methodOfType(type: string): string {
  const name = Object.hasOwn(byType, type) ? byType[type] : undefined;
  if (name === undefined) throw invalid(`Invalid payment_method_data[type]: ${type}`);
  return name;
}
