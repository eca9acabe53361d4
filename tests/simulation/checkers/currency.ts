/** Checks that all money is of the currency of the setting, and that the gateway is asked for what the buyer saw. */
import type { Entry } from '@fairseat/platform/simulated';
import type { StoredPayment } from '@fairseat/test-support/invariants';
import type { Ledger, Write } from './ledger.ts';
import { must } from './violation.ts';

export const DEFAULT_CURRENCY = 'usd';

export function checkCurrency({ after, events }: Write, currency: string): void {
  const { id, charge } = after as StoredPayment;
  const told = events.flatMap(({ data }) => (data as { currency?: string }).currency ?? []);
  const all = [...(charge ? [charge.currency] : []), ...told];
  const isOne = all.every((each) => each === currency);
  must('money is of the currency of the setting', isOne, () => `charge of ${id} in ${all}`);
}

export function checkAsked(
  { call, args }: Extract<Entry, { kind: 'gateway' }>,
  { orders }: Ledger,
  currency: string,
): void {
  if (call !== 'open') return;
  const asked = args[0] as { orderId: string; amount: number; currency: string };
  const isOne = asked.currency === currency;
  const name = `the payment of order ${asked.orderId}`;
  must('money is of the currency of the setting', isOne, () => `${name} in ${asked.currency}`);
  const price = orders.get(asked.orderId)?.ticket.price;
  must('a buyer pays what they saw', asked.amount === price, () => `${name}: ${asked.amount}`);
}
