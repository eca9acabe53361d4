/** The page of the buyer's bank, on which they confirm a payment, or do not. */

import type { Scene } from './acts.ts';
import { authenticate } from './endings.ts';
import { escaped, htmlPage, type Page, redirect } from './html.ts';
import type { Ledger } from './ledger.ts';
import type { Payment } from './model.ts';
import { written } from './money.ts';
import { completeSession } from './sessions.ts';

const STATUSES: Record<string, string> = {
  succeeded: 'succeeded',
  requires_capture: 'succeeded',
  processing: 'pending',
  requires_action: 'pending',
};

/** Where the buyer goes on: to the merchant, with what it needs to know; null if it gave no address. */
function wayBack({ intent, session }: Payment, origin: string): string | null {
  if (session) {
    return session.status === 'complete'
      ? session.successUrl.replace('{CHECKOUT_SESSION_ID}', session.id)
      : `${origin}/checkout/${session.id}`;
  }
  if (intent.returnUrl === null) return null;
  const url = new URL(intent.returnUrl);
  url.searchParams.set('payment_intent', intent.id);
  url.searchParams.set('payment_intent_client_secret', intent.clientSecret);
  url.searchParams.set('redirect_status', STATUSES[intent.status] ?? 'failed');
  return url.href;
}

export async function showBank(payment: Payment, scene: Scene): Promise<Page> {
  const { intent } = payment;
  const back = wayBack(payment, scene.origin);
  if (intent.status !== 'requires_action') return over(back);
  const content = `<p>Fairseat asks for <strong>${escaped(written(intent.amount, intent.currency))}</strong>.
This is a test: no money moves.</p>
<form method="post">
<button name="answer" value="approve">Confirm the payment</button>
<button name="answer" value="refuse">Refuse</button>
</form>`;
  return htmlPage(200, 'Your test bank', content, back);
}

/** A second answer changes nothing, and leads to where the first one led. */
export async function answerBank(
  payment: Payment,
  scene: Scene,
  ledger: Ledger,
  answer: unknown,
): Promise<Page> {
  if (answer !== 'approve' && answer !== 'refuse') {
    return htmlPage(400, 'Your test bank', '<p>Choose to confirm or to refuse.</p>');
  }
  const answered = await ledger.change(payment, scene, (draft) => {
    authenticate(draft, scene, answer === 'approve');
    completeSession(draft, scene);
    return draft;
  });
  const back = wayBack(answered, scene.origin);
  return back === null ? over(back) : redirect(back);
}

function over(back: string | null): Page {
  const link =
    back === null ? 'You can close this page.' : `<a href="${escaped(back)}">Go back</a>`;
  return htmlPage(
    200,
    'Your test bank',
    `<p>This payment waits for no answer.</p>\n<p>${link}</p>`,
  );
}
