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
