import type { ReactNode } from 'react';
import type { OpenTicket } from '../lib/records.ts';

const stocks = ['canary', 'coral', 'mint', 'sky'] as const;

/** The colour follows from the id, so a ticket has the same one on every page. */
export const stockOf = (id: string) => stocks[Number.parseInt(id.slice(-4), 16) % stocks.length];

/** A short form of the id, easier to read out on the phone. */
export const serialOf = (id: string) => id.slice(-6).toUpperCase();

/** How the ticket looks: whole, its stub half torn, torn off, or gone. */
export type TicketLook = OpenTicket['status'] | 'paid';

const words: Record<TicketLook, string> = {
  available: 'For sale',
  reserved: 'On hold',
  sold: 'Sold',
  withdrawn: 'Withdrawn',
  other: 'Not for sale',
  paid: 'Paid',
};

interface Props {
  id: string;
  look: TicketLook;
  title: ReactNode;
  price: string;
  /** Printed on the stub in place of the state. */
  word?: string;
  size?: 'card' | 'full';
  note?: ReactNode;
  /** The length of the title, since longer titles are printed smaller. */
  length: number;
}

const sizeOf = (length: number, short: number, medium: number) =>
  length <= short ? 'short' : length <= medium ? 'medium' : 'long';

/** A ticket of coloured card: the title on its body, the price on a stub beyond the perforation. */
export function Ticket({ id, look, title, price, word, size = 'card', note, length }: Props) {
  return (
    <article
      className="ticket"
      data-stock={stockOf(id)}
      data-look={look}
      data-size={size}
      data-length={sizeOf(length, 40, 90)}
      data-price={sizeOf(price.length, 6, 9)}
    >
      <div className="ticket-body">
        <p className="ticket-serial">{`No. ${serialOf(id)}`}</p>
        {title}
        {note}
      </div>
      <div className="ticket-stub">
        <p className="ticket-price">{price}</p>
        <p className="ticket-word">{word ?? words[look]}</p>
      </div>
    </article>
  );
}
