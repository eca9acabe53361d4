import { Shell } from '../../../components/shell.tsx';
import { TicketDesk } from '../../../components/ticket-desk.tsx';
import { getReader, getTicket } from '../../../lib/api.ts';
import { type PageProps, page } from '../../../lib/page.tsx';
import { viewerOf } from '../../../lib/viewer.ts';
import { moneyOfVisit, priceText } from '../../../lib/visit-money.ts';

export default page(async ({ params }: PageProps) => {
  const { id } = await params;
  const [user, ticket] = await Promise.all([getReader(), getTicket(id)]);
  const price = priceText(ticket.price);
  return (
    <Shell
      title={ticket.title}
      description={`${ticket.title}, ${price}. One ticket, one buyer: it is held for you while you pay.`}
      user={user}
    >
      <p className="crumb">
        <a href="/">All tickets</a>
      </p>
      <TicketDesk
        ticket={ticket}
        price={price}
        money={moneyOfVisit()}
        viewer={await viewerOf(ticket, user)}
        buyKey={crypto.randomUUID()}
      />
    </Shell>
  );
});
