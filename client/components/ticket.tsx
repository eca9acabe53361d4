import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import type { ReactNode } from 'react';

const stocks = ['canary', 'coral', 'mint', 'sky'] as const;

/** A ticket keeps the colour of its card wherever it is shown. */
export const stockOf = (id: string) => stocks[Number.parseInt(id.slice(-4), 16) % stocks.length];

/** What is printed small, and is easier to say on the phone than the whole id. */
export const serialOf = (id: string) => id.slice(-6).toUpperCase();

/** How the ticket looks: whole, its stub half torn, torn off, or gone. */
export type TicketLook = TicketRecord['status'] | 'paid';

const words: Record<TicketLook, string> = {
  available: 'For sale',
  reserved: 'On hold',
  sold: 'Sold',
  withdrawn: 'Withdrawn',
  paid: 'Paid',
};

interface Props {
  id: string;
  look: TicketLook;
  title: ReactNode;
  price: string;
  /** What its stub says instead of its state. */
  word?: string;
  size?: 'card' | 'full';
  note?: ReactNode;
  /** How long the title is: longer ones are printed smaller. */
  length: number;
}

const sizeOf = (length: number, short: number, medium: number) =>
  length <= short ? 'short' : length <= medium ? 'medium' : 'long';

/** A ticket of coloured card: what it is for, and a stub with its price beyond the perforation. */
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
        <p className="ticket-serial">No. {serialOf(id)}</p>
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
