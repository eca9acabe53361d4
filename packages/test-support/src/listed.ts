import type { ListedPayment, PaymentGateway } from '@fairseat/common/ports';

/** All payments that a gateway lists. */
export async function listed(gateway: PaymentGateway, since = 0): Promise<ListedPayment[]> {
  const payments: ListedPayment[] = [];
  for await (const payment of gateway.list?.(since) ?? []) payments.push(payment);
  return payments;
}
