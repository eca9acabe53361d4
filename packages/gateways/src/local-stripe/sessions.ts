/** Checkout sessions: a page of Stripe's on which the buyer pays. */
import { type Scene, schedule, tell, unschedule } from './acts.ts';
import { cancel } from './endings.ts';
import { invalid } from './failure.ts';
import { type AskedIntent, confirm, createPayment } from './intents.ts';
import type { Payment, Session } from './model.ts';

type AskedSession = Omit<Session, 'id' | 'created' | 'status' | 'confirmed'>;

export function createSession(scene: Scene, intent: AskedIntent, asked: AskedSession): Payment {
  const payment = createPayment(scene, intent);
  const id = scene.newId('cs_test');
  payment.session = { ...asked, id, created: scene.now, status: 'open', confirmed: false };
  schedule(payment, { at: asked.expiresAt, what: 'session_ends', id });
  return payment;
}

/** The buyer chooses a method on the page. @throws Failure for a decline */
export function payOnPage(payment: Payment, scene: Scene, method: string): void {
  const session = openSession(payment);
  session.confirmed = true;
  confirm(payment, scene, { method, returnUrl: session.successUrl });
  completeSession(payment, scene);
}

/** Once the buyer has done their part, the session is over. */
export function completeSession(payment: Payment, scene: Scene): void {
  const { session, intent } = payment;
  const isPaid = ['succeeded', 'requires_capture', 'processing'].includes(intent.status);
  if (session?.status !== 'open' || !isPaid) return;
  session.status = 'complete';
  unschedule(payment, session.id);
  tell(payment, scene, 'checkout.session.completed', session.id);
}

/** @throws Failure when it is over already */
export function expireSession(payment: Payment, scene: Scene): void {
  const session = openSession(payment);
  session.status = 'expired';
  unschedule(payment, session.id);
  cancel(payment, scene, 'automatic');
  tell(payment, scene, 'checkout.session.expired', session.id);
}

function openSession({ session }: Payment): Session {
  if (session?.status === 'open') return session;
  throw invalid(
    `Only Checkout Sessions with a status in ["open"] can be expired or paid. This one has a status of ${session?.status}.`,
  );
}
