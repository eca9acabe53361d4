import { formatPrice } from '../lib/money.ts';
import type { OpenTicket } from '../lib/records.ts';
import { moneyOfVisit } from '../lib/visit-money.ts';
import { TicketCard } from './ticket-card.tsx';

/** A list of tickets, updated live. */
export function Listing(props: { tickets: OpenTicket[]; hrefOf: (id: string) => string }) {
  const money = moneyOfVisit();
  return (
    <ul className="listing">
      {props.tickets.map((ticket) => (
        <li key={ticket.id}>
          <TicketCard
            ticket={ticket}
            price={formatPrice(ticket.price, money.currency, money.locale)}
            money={money}
            href={props.hrefOf(ticket.id)}
          />
        </li>
      ))}
    </ul>
  );
}
