'use client';
import { formatPrice, type Money } from '../lib/money.ts';
import type { OpenTicket } from '../lib/records.ts';
import { Ticket } from './ticket.tsx';
import { useLiveTicket } from './use-live-ticket.ts';

interface Props {
  ticket: OpenTicket;
  /** Formatted by the server, since a browser may format it a little differently. */
  price: string;
  money: Money;
  href: string;
}

/** A ticket in a list, updated live. */
export function TicketCard({ ticket: rendered, price, money, href }: Props) {
  const ticket = useLiveTicket(rendered);
  return (
    <Ticket
      id={ticket.id}
      look={ticket.status}
      length={ticket.title.length}
      title={
        <h2 className="ticket-title">
          <a href={href} dir="auto">
            {ticket.title}
          </a>
        </h2>
      }
      price={
        ticket.price === rendered.price
          ? price
          : formatPrice(ticket.price, money.currency, money.locale)
      }
    />
  );
}
