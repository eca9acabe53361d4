/** The pages that buyers see: the bank's and the checkout's. */
import { answerBank, showBank } from './bank-page.ts';
import { payCheckout, showCheckout } from './checkout-page.ts';
import { htmlPage, type Page } from './html.ts';
import type { LocalStripe } from './local-stripe.ts';

/** What a browser asks for. */
export interface PageRequest {
  method: string;
  /** With the query. */
  path: string;
  /** A form. */
  body: string;
}

const notFound = () => htmlPage(404, 'Not found', '<p>There is no such page here.</p>');

/** Answers a browser. */
export async function answerPage(
  { ledger, scene }: Pick<LocalStripe, 'ledger' | 'scene'>,
  { method, path, body }: PageRequest,
): Promise<Page> {
  const { pathname, searchParams } = new URL(path, 'http://stripe.local');
  const [, place, id = ''] = pathname.split('/');
  const now = scene();
  const found = await ledger.payment(id);
  const payment = found && (await ledger.current(found, now));
  const sent = new URLSearchParams(body);
  if (place === 'bank' && payment?.intent.id === id) {
    if (searchParams.get('key') !== payment.intent.bankKey) return notFound();
    if (method === 'POST') return answerBank(payment, now, ledger, sent.get('answer'));
    return showBank(payment, now);
  }
  if (place === 'checkout' && payment?.session?.id === id) {
    if (method === 'POST') return payCheckout(payment, now, ledger, sent.get('method'));
    return showCheckout(payment, payment.session);
  }
  return notFound();
}
