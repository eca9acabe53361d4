/** Stripe's own page of a Checkout session, on which the buyer chooses a test method. */
import type { Scene } from './acts.ts';
import { Failure } from './failure.ts';
import { escaped, htmlPage, type Page, redirect } from './html.ts';
import type { Ledger } from './ledger.ts';
import type { Payment, Session } from './model.ts';
import { written } from './money.ts';
import { bankUrl } from './render.ts';
import { payOnPage } from './sessions.ts';
import { methodsOf } from './test-methods.ts';

export function showCheckout(payment: Payment, session: Session, error = ''): Page {
  const { intent } = payment;
  const title = 'Test checkout';
  if (session.status !== 'open') {
    return htmlPage(200, title, `<p>This checkout is over: it is ${session.status}.</p>`);
  }
  const choices = methodsOf(intent.types).map(
    (name, place) =>
      `<label><input type="radio" name="method" value="${name}"${place === 0 ? ' checked' : ''}> ${name}</label>`,
  );
  const back =
    session.cancelUrl === null ? '' : `<p><a href="${escaped(session.cancelUrl)}">Go back</a></p>`;
  const content = `<p>Fairseat asks for <strong>${escaped(written(intent.amount, intent.currency))}</strong>.
This is a test: no money moves.</p>
${error && `<p role="alert">${escaped(error)}</p>`}
<form method="post">
<fieldset><legend>Pay with</legend>
${choices.join('\n')}
</fieldset>
<button>Pay</button>
</form>
${back}`;
  return htmlPage(error ? 402 : 200, title, content, session.successUrl);
}

export async function payCheckout(
  payment: Payment,
  scene: Scene,
  ledger: Ledger,
  method: unknown,
): Promise<Page> {
  let failure: Failure | undefined;
  const paid = await ledger.change(payment, scene, (draft) => {
    try {
      payOnPage(draft, scene, String(method));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failure = error;
    }
    return draft;
  });
  const session = paid.session as Session;
  if (failure) return showCheckout(paid, session, failure.message);
  if (paid.intent.status === 'requires_action') return redirect(bankUrl(scene.origin, paid));
  return redirect(session.successUrl.replace('{CHECKOUT_SESSION_ID}', session.id));
}
