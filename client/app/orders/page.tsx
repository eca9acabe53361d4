import { redirect } from 'next/navigation';
import { Empty } from '../../components/empty.tsx';
import { Form, Submit } from '../../components/form.tsx';
import { Paging } from '../../components/paging.tsx';
import { Shell } from '../../components/shell.tsx';
import { Ticket, type TicketLook } from '../../components/ticket.tsx';
import { signOutEverywhere } from '../../lib/actions.ts';
import { findOrders, getUser } from '../../lib/api.ts';
import { one, type PageProps, page } from '../../lib/page.tsx';
import { signInPath } from '../../lib/paths.ts';
import type { OpenOrder } from '../../lib/records.ts';
import { priceText } from '../../lib/visit-money.ts';

export default page(async ({ searchParams }: PageProps) => {
  const cursor = one(await searchParams, 'cursor');
  const user = await getUser();
  if (user === null) redirect(signInPath('/orders'));
  const { orders, nextCursor } = await findOrders(cursor);
  return (
    <Shell title="My orders" heading="My orders" user={user}>
      {orders.length > 0 ? (
        <ul className="listing">
          {orders.map((order) => (
            <li key={order.id}>
              <OrderCard order={order} />
            </li>
          ))}
        </ul>
      ) : (
        <Empty
          heading="You have bought nothing yet"
          next={{ href: '/', label: 'See what is for sale' }}
        >
          Pick a ticket, and it is held for you while you pay. It shows up here.
        </Empty>
      )}
      <Paging path="/orders" cursor={cursor} nextCursor={nextCursor} />
      <p>Left a phone or a shared computer signed in? This signs you out there and here.</p>
      <Form action={signOutEverywhere} forgets>
        <Submit look="quiet">End all my sessions</Submit>
      </Form>
    </Shell>
  );
});

const shown: Record<OpenOrder['status'], { look: TicketLook; word: string }> = {
  created: { look: 'reserved', word: 'Asked for' },
  awaiting_payment: { look: 'reserved', word: 'To pay' },
  completed: { look: 'paid', word: 'Paid' },
  cancelled: { look: 'withdrawn', word: 'Cancelled' },
  other: { look: 'other', word: 'Changed' },
};

function OrderCard({ order: { id, ticketId, status, securedAt, ticket } }: { order: OpenOrder }) {
  const isPaid = status === 'awaiting_payment' && securedAt !== undefined;
  const { look, word } = shown[isPaid ? 'completed' : status];
  return (
    <Ticket
      id={ticketId}
      look={look}
      word={word}
      length={ticket.title.length}
      title={
        <h2 className="ticket-title">
          <a href={`/orders/${id}`} dir="auto">
            {ticket.title}
          </a>
        </h2>
      }
      price={priceText(ticket.price)}
    />
  );
}
