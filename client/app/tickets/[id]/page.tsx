import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import type { User } from '@fairseat/common/contracts/user';
import { Shell } from '../../../components/shell.tsx';
import { TicketDesk, type Viewer } from '../../../components/ticket-desk.tsx';
import { getOrder, getReader, getTicket } from '../../../lib/api.ts';
import { ApiError } from '../../../lib/api-error.ts';
import { type PageProps, page } from '../../../lib/page.tsx';
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

async function viewerOf(ticket: TicketRecord, user: User | null): Promise<Viewer> {
  if (user === null) return { is: 'stranger' };
  if (ticket.userId === user.id) return { is: 'seller' };
  if (ticket.orderId === null) return { is: 'buyer' };
  try {
    const { order } = await getOrder(ticket.orderId);
    return { is: 'holder', orderId: order.id };
  } catch (error) {
    // The order is somebody else's.
    if (error instanceof ApiError && error.status < 500) return { is: 'buyer' };
    throw error;
  }
}
