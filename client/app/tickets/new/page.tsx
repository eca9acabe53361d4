import { redirect } from 'next/navigation';
import { ListingForm } from '../../../components/listing-form.tsx';
import { Shell } from '../../../components/shell.tsx';
import { listTicket } from '../../../lib/actions.ts';
import { getUser } from '../../../lib/api.ts';
import { askedDraft } from '../../../lib/draft.ts';
import { page } from '../../../lib/page.tsx';
import { signInPath } from '../../../lib/paths.ts';

export default page(async () => {
  const user = await getUser();
  if (user === null) redirect(signInPath('/tickets/new'));
  return (
    <Shell title="Sell a ticket" heading="Fill in your ticket" user={user}>
      <p className="lead">
        Say what it is for, and name your price. It is for sale as soon as you list it.
      </p>
      <ListingForm
        action={listTicket}
        submit="List the ticket"
        pending="Listing it …"
        draft={await askedDraft()}
      />
    </Shell>
  );
});
