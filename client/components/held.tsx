import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { ReactNode } from 'react';
import { Ended } from './cancelled.tsx';
import { Countdown } from './countdown.tsx';

interface Props {
  order: OrderRecord;
  /** The server's time when the page was rendered. */
  now: number;
  children: ReactNode;
}

/** Shows its children while the ticket is held for its buyer, below the time left. */
export function Held({ order: { expiresAt, ticketId }, now, children }: Props) {
  return (
    <Countdown until={Date.parse(expiresAt)} now={now} after={<Ended ticketId={ticketId} />}>
      {children}
    </Countdown>
  );
}
