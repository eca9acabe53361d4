/** For specifications of payments: an order that is being paid, and who pays. */
import type { OrderRecord } from '@fairseat/common/contracts/order';

export const now = Date.parse('2030-01-01T12:00:00.000Z');
export const end = now + 15 * 60_000;

export const order = (version: number, change: Partial<OrderRecord> = {}): OrderRecord => ({
  id: 'the order',
  userId: 'the buyer',
  status: 'awaiting_payment',
  ticketId: 'the ticket',
  expiresAt: new Date(end).toISOString(),
  ticket: { title: 'Front row', price: 4990 },
  version,
  createdAt: new Date(now).toISOString(),
  ...change,
});

export const request = {
  userId: 'the buyer',
  token: 'pm_card_visa',
  chargeId: 'the charge',
  request: { id: 'the request', hash: null },
  currency: 'usd',
};
