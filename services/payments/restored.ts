import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { AnyEvent } from '@fairseat/common/events';
import { type Payment, unknownPayment } from './charge.ts';

/** What a database that went back in time has lost. Which requests had paid is not published. */
export function restored({ subject, time, data }: AnyEvent, current: Payment | undefined): Payment {
  const { orderId: _, nextAction = null, decline = null, ...charge } = data as ChargeRecord;
  const requests = current?.charge?.requests ?? [];
  return {
    ...(current ?? { ...unknownPayment(subject), createdAt: time }),
    charge: { ...charge, nextAction, decline, requests, token: null, lookAgainAt: 0, looks: 0 },
  };
}

/**
 * What cannot be known of an order after the database went back to a backup of this time. A charge is published only
 * once its money is held, or it has ended: of one that was begun later nothing is left but what the gateway has.
 */
export function unknownOf({ id, order, charge }: Payment, backupAt: number) {
  if (order === null || charge !== null || Date.parse(order.expiresAt) < backupAt) return [];
  const what =
    order.status === 'completed'
      ? 'it is completed, and its charge is lost'
      : 'it could be paid since the backup, and whether that was begun is lost';
  const todo = `Look at the gateway for a payment of ${order.ticket.price} for this order, and give it back there`;
  return [{ kind: 'order', id, what, todo }];
}
