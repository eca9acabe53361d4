'use client';
import type { OpenTicket } from '../lib/records.ts';
import type { Viewer } from '../lib/viewer.ts';
import { ownOrder, useLiveTicket } from './use-live-ticket.ts';

interface Props {
  ticket: OpenTicket;
  viewer: Viewer;
  /** The cancelled order. */
  orderId: string;
  /** The label of the way to a ticket that is for sale. */
  again: string;
}

const since: Record<OpenTicket['status'], string> = {
  available: 'The ticket is for sale again.',
  reserved: 'Another buyer is holding the ticket now.',
  sold: 'Somebody else has bought the ticket.',
  withdrawn: 'The seller has withdrawn the ticket.',
  other: 'The ticket is not for sale now.',
};

/** How a ticket stands after an order for it was cancelled, updated live, and the way on from there. */
export function TicketSince({ ticket: rendered, viewer, orderId, again }: Props) {
  const ticket = useLiveTicket(rendered);
  const { id, status } = ticket;
  // The ticket is told of the cancelled order a moment later.
  const isOnItsWay = ticket.orderId === orderId;
  const own = isOnItsWay ? null : ownOrder(ticket, viewer);
  const isSold = status === 'sold';
  return (
    <>
      <p aria-live="polite">
        {own !== null
          ? isSold
            ? 'You have bought the ticket since.'
            : 'You are holding the ticket again.'
          : isOnItsWay
            ? 'The ticket is for sale again in a moment.'
            : since[status]}
      </p>
      <p>
        {own !== null ? (
          <a className="button button-primary" href={`/orders/${own}`}>
            {isSold ? 'See your receipt' : 'Go to checkout'}
          </a>
        ) : (
          <a className="button button-primary" href={`/tickets/${id}`}>
            {status === 'available' || isOnItsWay ? again : 'Look at the ticket again'}
          </a>
        )}
        <a className="button button-plain" href="/">
          See what else is for sale
        </a>
      </p>
    </>
  );
}
