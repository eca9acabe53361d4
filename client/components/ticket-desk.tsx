'use client';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { type ReactNode, useEffect, useRef } from 'react';
import { buy } from '../lib/actions.ts';
import { isOwnOrder, type LiveTicket } from '../lib/live.ts';
import { formatPrice, type Money } from '../lib/money.ts';
import { signInPath } from '../lib/paths.ts';
import { Form, Submit, useRejection } from './form.tsx';
import { Heading } from './heading.tsx';
import { Ticket } from './ticket.tsx';
import { useLiveTicket } from './use-live-ticket.ts';

export type Viewer =
  /** Not signed in. */
  { is: 'stranger' } | { is: 'buyer' } | { is: 'holder'; orderId: string } | { is: 'seller' };

interface Props {
  ticket: TicketRecord;
  price: string;
  money: Money;
  viewer: Viewer;
  /** The idempotency key of the purchase that this page may begin. */
  buyKey: string;
}

/** One ticket, updated live, with the actions of its viewer. */
export function TicketDesk({ ticket: rendered, price, money, viewer, buyKey }: Props) {
  const ticket = useLiveTicket(rendered);
  const { orderId } = ticket;
  // The order may come from another tab, after this page was rendered.
  const isHolder = orderId !== null && isOwnOrder(orderId);
  const text = (amount: number) =>
    amount === rendered.price ? price : formatPrice(amount, money.currency, money.locale);
  return (
    <>
      <Ticket
        id={ticket.id}
        look={ticket.status}
        size="full"
        length={ticket.title.length}
        title={
          <div className="ticket-title">
            <Heading step={ticket.id}>
              <bdi dir="auto">{ticket.title}</bdi>
            </Heading>
          </div>
        }
        price={text(ticket.price)}
      />
      <Desk status={ticket.status}>
        <What
          ticket={ticket}
          seen={rendered.price}
          text={text}
          viewer={isHolder ? { is: 'holder', orderId } : viewer}
          buyKey={buyKey}
        />
      </Desk>
    </>
  );
}

/** Announces changes to screen readers, and takes the focus when the button that had it is gone. */
function Desk({ status, children }: { status: string; children: ReactNode }) {
  const desk = useRef<HTMLElement>(null);
  const before = useRef(status);
  useEffect(() => {
    if (before.current === status) return;
    before.current = status;
    if (document.activeElement === document.body) desk.current?.focus();
  }, [status]);
  return (
    <section ref={desk} tabIndex={-1} aria-label="This ticket" className="desk" aria-live="polite">
      {children}
    </section>
  );
}

interface Priced {
  ticket: LiveTicket;
  /** The price with which the page came. */
  seen: number;
  text: (price: number) => string;
}

function What({ viewer, buyKey, ...priced }: Priced & Pick<Props, 'viewer' | 'buyKey'>) {
  const { ticket } = priced;
  const path = `/tickets/${ticket.id}`;
  if (viewer.is === 'seller') return <SellersView ticket={ticket} />;
  if (viewer.is === 'holder' && ticket.orderId === viewer.orderId) {
    const isSold = ticket.status === 'sold';
    return (
      <>
        <p className="lead">
          {isSold ? 'This ticket is yours.' : 'You hold this ticket. Pay before the time is up.'}
        </p>
        <p>
          <a className="button button-primary" href={`/orders/${viewer.orderId}`}>
            {isSold ? 'See your receipt' : 'Go to checkout'}
          </a>
        </p>
      </>
    );
  }
  switch (ticket.status) {
    case 'available':
      return viewer.is === 'stranger' ? (
        <>
          <p>
            <a className="button button-primary" href={signInPath(path)}>
              Sign in to buy
            </a>
          </p>
          <p className="fine">
            New here? <a href={`/auth/signup?next=${encodeURIComponent(path)}`}>Sign up</a>, it
            takes an e-mail address and a password.
          </p>
        </>
      ) : (
        <Form action={buy} idempotencyKey={buyKey} hidden={{ id: ticket.id }}>
          <OwnHolds />
          <Offer {...priced} />
          <p className="fine">It is held for you while you pay. You can still let it go.</p>
        </Form>
      );
    case 'reserved':
      return (
        <>
          <p className="lead">Another buyer is holding this ticket.</p>
          <p>Should they not pay in time, it is for sale again, and this page says so.</p>
        </>
      );
    case 'sold':
      return <Gone>Sold. Somebody has this seat.</Gone>;
    case 'withdrawn':
      return <Gone>The seller has withdrawn this ticket.</Gone>;
    case 'other':
      return <Gone>This ticket cannot be bought now.</Gone>;
  }
}

/** The unpaid orders that keep the visitor from another. */
function OwnHolds() {
  const holds = useRejection()?.holds ?? [];
  if (holds.length === 0) return null;
  return (
    <ul>
      {holds.map(({ id, title }) => (
        <li key={id}>
          <a href={`/orders/${id}`}>
            <bdi dir="auto">{title}</bdi>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Asks for the ticket at the price that is shown here. A price other than the one that was seen is asked about. */
function Offer({ ticket, seen, text }: Priced) {
  const rejected = useRejection();
  const current = rejected?.current;
  const was = current ? Number(rejected.values['price']) : seen;
  const { price } = current && current.version > ticket.version ? current : ticket;
  return (
    <>
      <input type="hidden" name="price" value={price} />
      {price !== was && (
        <dl className="repriced">
          <div>
            <dt>You saw</dt>
            <dd>
              <s>{text(was)}</s>
            </dd>
          </div>
          <div>
            <dt>It is now</dt>
            <dd>{text(price)}</dd>
          </div>
        </dl>
      )}
      {/* A click that was meant for another price does not reach a button that has just taken its place. */}
      <Submit key={price} pending="Asking for it …">
        {price === was ? 'Buy' : `Buy for ${text(price)}`}
      </Submit>
    </>
  );
}

const Gone = ({ children }: { children: string }) => (
  <>
    <p className="lead">{children}</p>
    <p>
      <a className="button button-plain" href="/">
        See what else is for sale
      </a>
    </p>
  </>
);

const sellersNews: Record<LiveTicket['status'], string> = {
  available: 'Your ticket is for sale.',
  reserved: 'A buyer is holding your ticket. You can change it again should they let it go.',
  sold: 'Your ticket is sold.',
  withdrawn: 'You have withdrawn this ticket.',
  other: 'Your ticket has changed. Load the page again to see how.',
};

function SellersView({ ticket: { id, status } }: { ticket: LiveTicket }) {
  return (
    <>
      <p className="lead">{sellersNews[status]}</p>
      <p>
        {status === 'available' && (
          <a className="button button-primary" href={`/tickets/${id}/edit`}>
            Edit or withdraw
          </a>
        )}{' '}
        <a className="button button-plain" href="/selling">
          My listings
        </a>
      </p>
    </>
  );
}
