import { redirect } from 'next/navigation';
import { Form, Submit } from '../../../../components/form.tsx';
import { ListingForm } from '../../../../components/listing-form.tsx';
import { RefreshOnNews } from '../../../../components/refresh-on-news.tsx';
import { Shell } from '../../../../components/shell.tsx';
import { editTicket, withdrawTicket } from '../../../../lib/actions.ts';
import { getTicket, getUser } from '../../../../lib/api.ts';
import { ApiError } from '../../../../lib/api-error.ts';
import { askedDraft } from '../../../../lib/draft.ts';
import { type PageProps, page } from '../../../../lib/page.tsx';
import { signInPath } from '../../../../lib/paths.ts';

const whyNot = {
  reserved:
    'A buyer is holding this ticket right now, at this price. You can change it as soon as they let it go.',
  sold: 'This ticket is sold. Nothing about it can be changed any more.',
  withdrawn: 'You have withdrawn this ticket. List it anew to sell it after all.',
  other: 'Your ticket has changed, and cannot be edited now. Look again in a moment.',
};

export default page(async ({ params }: PageProps) => {
  const { id } = await params;
  const [user, ticket] = await Promise.all([getUser(), getTicket(id)]);
  if (user === null) redirect(signInPath(`/tickets/${id}/edit`));
  if (ticket.userId !== user.id)
    throw new ApiError(403, 'not_your_ticket', 'This ticket is not yours.');
  const { status } = ticket;
  return (
    <Shell title="Edit your ticket" heading="Edit your ticket" user={user}>
      <RefreshOnNews ticket={ticket} />
      <div role="status">
        {status !== 'available' && <p className="notice">{whyNot[status]}</p>}
      </div>
      <ListingForm
        action={editTicket}
        submit="Save"
        pending="Saving …"
        ticket={ticket}
        disabled={status !== 'available'}
        draft={await askedDraft()}
      />
      {status === 'available' && (
        <details className="withdraw">
          <summary>Withdraw it instead</summary>
          <p>Nobody can buy it any more, and you cannot take this back. You can list it anew.</p>
          <Form action={withdrawTicket} hidden={{ id }}>
            <Submit look="plain" pending="Withdrawing …">
              Withdraw
            </Submit>
          </Form>
        </details>
      )}
      <p>
        <a href={`/tickets/${id}`}>Back to the ticket</a>
      </p>
    </Shell>
  );
});
