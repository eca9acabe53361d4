'use client';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { buy } from '../lib/actions.ts';
import { noteTicket } from '../lib/live.ts';
import { formatPrice, type Money } from '../lib/money.ts';
import { signInPath } from '../lib/paths.ts';
import type { OpenTicket } from '../lib/records.ts';
import type { Viewer } from '../lib/viewer.ts';
import { Form, Submit, useRejection, useSubmission } from './form.tsx';
import { Heading } from './heading.tsx';
import { Ticket } from './ticket.tsx';
import { ownOrder, useLiveTicket } from './use-live-ticket.ts';

interface Props {
  ticket: OpenTicket;
  price: string;
  money: Money;
  viewer: Viewer;
  /** The idempotency key of the purchase that this page may begin. */
  buyKey: string;
}

/** One ticket, updated live, with the actions of its viewer. */
export function TicketDesk({ ticket: rendered, price, money, viewer, buyKey }: Props) {
  const ticket = useLiveTicket(rendered);
  // The page is refreshed now and then, and its reader has still seen what it came with.
  const [seen] = useState(rendered.price);
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
        <What ticket={ticket} seen={seen} text={text} viewer={viewer} buyKey={buyKey} />
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
  ticket: OpenTicket;
  /** The price with which the page came. */
  seen: number;
  text: (price: number) => string;
}

function What({ viewer, buyKey, ...priced }: Priced & Pick<Props, 'viewer' | 'buyKey'>) {
  const { ticket } = priced;
  if (viewer.is === 'seller') return <SellersView ticket={ticket} />;
  const own = ownOrder(ticket, viewer);
  if (own !== null) return <HoldersView isSold={ticket.status === 'sold'} orderId={own} />;
  if (viewer.is === 'stranger') return <StrangersView ticket={ticket} />;
  return (
    <Form action={buy} idempotencyKey={buyKey} hidden={{ id: ticket.id }}>
      <BuyersView {...priced} />
    </Form>
  );
}

const HoldersView = ({ isSold, orderId }: { isSold: boolean; orderId: string }) => (
  <>
    <p className="lead">
      {isSold ? 'This ticket is yours.' : 'You hold this ticket. Pay before the time is up.'}
    </p>
    <p>
      <a className="button button-primary" href={`/orders/${orderId}`}>
        {isSold ? 'See your receipt' : 'Go to checkout'}
      </a>
    </p>
  </>
);

function StrangersView({ ticket: { id, status } }: { ticket: OpenTicket }) {
  if (status !== 'available') return <Taken status={status} />;
  const path = `/tickets/${id}`;
  return (
    <>
      <p>
        <a className="button button-primary" href={signInPath(path)}>
          Sign in to buy
        </a>
      </p>
      <p className="fine">
        New here? <a href={`/auth/signup?next=${encodeURIComponent(path)}`}>Sign up</a>, it takes an
        e-mail address and a password.
      </p>
    </>
  );
}

/** Whoever asked and came second is told so, until the ticket is for sale again. */
function BuyersView(priced: Priced) {
  const { state, isPending } = useSubmission();
  const { current, attempt = 0, code } = state ?? {};
  const ticket = newer(current, priced.ticket);
  useEffect(() => {
    if (current) noteTicket(current);
  }, [current]);
  // The services that refuse know of a hold a moment before the ticket does.
  const isKnownHeld = code === 'late' && ticket.version === current?.version;
  const isOpen = ticket.status === 'available' && !isKnownHeld;
  const [openedAfter, setOpenedAfter] = useState(0);
  if (isOpen && openedAfter !== attempt) setOpenedAfter(attempt);
  if (isOpen || isPending) {
    return (
      <>
        <OwnHolds />
        <Offer {...priced} ticket={ticket} />
        <p className="fine">It is held for you while you pay. You can still let it go.</p>
      </>
    );
  }
  const { status } = ticket;
  return (
    <Taken
      status={status === 'available' ? 'reserved' : status}
      isLate={code === 'late' && openedAfter !== attempt}
    />
  );
}

const newer = (a: OpenTicket | undefined, b: OpenTicket) => (a && a.version > b.version ? a : b);

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
  const { price } = ticket;
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

const taken: Record<Exclude<OpenTicket['status'], 'available'>, string> = {
  reserved: 'Another buyer is holding this ticket.',
  sold: 'Sold. Somebody has this seat.',
  withdrawn: 'The seller has withdrawn this ticket.',
  other: 'This ticket cannot be bought now.',
};

function Taken({ status, isLate = false }: { status: keyof typeof taken; isLate?: boolean }) {
  return (
    <>
      <p className="lead" {...(isLate && { role: 'alert', tabIndex: -1 })}>
        {isLate && <strong>{'You were a moment late. '}</strong>}
        <span>{taken[status]}</span>
      </p>
      {status === 'reserved' ? (
        <p>Should they not pay in time, it is for sale here again.</p>
      ) : (
        <p>
          <a className="button button-plain" href="/">
            See what else is for sale
          </a>
        </p>
      )}
    </>
  );
}

const sellersNews: Record<OpenTicket['status'], string> = {
  available: 'Your ticket is for sale.',
  reserved: 'A buyer is holding your ticket. You can change it again should they let it go.',
  sold: 'Your ticket is sold.',
  withdrawn: 'You have withdrawn this ticket.',
  other: 'Your ticket has changed. Load the page again to see how.',
};

function SellersView({ ticket: { id, status } }: { ticket: OpenTicket }) {
  return (
    <>
      <p className="lead">{sellersNews[status]}</p>
      <p>
        {status === 'available' && (
          <a className="button button-primary" href={`/tickets/${id}/edit`}>
            Edit or withdraw
          </a>
        )}
        <a className="button button-plain" href="/selling">
          My listings
        </a>
      </p>
    </>
  );
}
