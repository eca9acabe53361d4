import type { ReactNode } from 'react';
import type { OpenOrder } from '../lib/records.ts';
import { Ended } from './cancelled.tsx';
import { Countdown } from './countdown.tsx';

interface Props {
  order: OpenOrder;
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
