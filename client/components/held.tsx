import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { ReactNode } from 'react';
import { Ended } from './cancelled.tsx';
import { Countdown } from './countdown.tsx';

interface Props {
  order: OrderRecord;
  /** The time by the clock of the server. */
  now: number;
  children: ReactNode;
}

/** What can be done while the ticket is held for its buyer, and how long that is. */
export function Held({ order: { expiresAt, ticketId }, now, children }: Props) {
  return (
    <Countdown until={Date.parse(expiresAt)} now={now} after={<Ended ticketId={ticketId} />}>
      {children}
    </Countdown>
  );
}
