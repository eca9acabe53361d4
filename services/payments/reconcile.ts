/** Compares charges with what the gateway lists. */
import { type Difference, ofEach, type Reconciliation } from '@fairseat/common/kit';
import type { PaymentGateway, Table } from '@fairseat/common/ports';
import type { Cashier } from './cashier.ts';
import type { Payment } from './charge.ts';
import { type Finding, findingOfUnlisted, findingsOf, type Listed } from './differences.ts';

/** The clocks of a gateway and of whoever asked it to open a payment differ by less. */
const CLOCKS_DIFFER_MS = 60 * 60_000;

/** @throws Error when the gateway cannot list its payments, Unavailable */
export async function reconcile(
  payments: Table<Payment>,
  cashier: Cashier,
  gateway: PaymentGateway,
  since: number,
): Promise<Reconciliation> {
  if (!gateway.list) throw new Error('The gateway lists no payments');
  const differences: Difference[] = [];
  const listed = new Set<string>();
  for await (const each of gateway.list(since - CLOCKS_DIFFER_MS)) {
    listed.add(each.id);
    const payment = await recordOf(each);
    for (const finding of findingsOf(each, payment)) differences.push(difference(each, finding));
  }
  const isUnlisted = ({ createdAt, charge }: Payment) =>
    Date.parse(createdAt) >= since && charge?.stripeId != null && !listed.has(charge.stripeId);
  const unlisted = await ofEach(payments, (payment) => (isUnlisted(payment) ? [payment] : []));
  for (const payment of unlisted) {
    const at = { id: payment.charge?.stripeId ?? '', orderId: payment.id };
    for (const finding of findingOfUnlisted(payment)) differences.push(difference(at, finding));
  }
  return { looked: listed.size, differences };

  async function recordOf({ id, orderId }: Listed) {
    const known = await payments.getByKey('stripe', id);
    return known ?? (orderId === undefined ? undefined : payments.get(orderId));
  }

  function difference(
    { id, orderId }: Pick<Listed, 'id' | 'orderId'>,
    { what, todo, mend }: Finding,
  ): Difference {
    const line = `order ${orderId ?? 'unknown'}, payment ${id}: ${what}. ${todo}`;
    const acts = {
      settle: () => cashier.bringToEnd(orderId as string),
      refund: () => gateway.refund(id, `${id}:refund`),
      cancel: () => gateway.cancel(id),
    };
    if (mend === undefined) return { line };
    return { line, mend: async () => void (await acts[mend]()) };
  }
}
