import { redirect } from 'next/navigation';
import { Empty, SELL } from '../../components/empty.tsx';
import { Listing } from '../../components/listing.tsx';
import { Paging } from '../../components/paging.tsx';
import { Shell } from '../../components/shell.tsx';
import { findTickets, getUser } from '../../lib/api.ts';
import { one, type PageProps, page } from '../../lib/page.tsx';
import { signInPath } from '../../lib/paths.ts';

export default page(async ({ searchParams }: PageProps) => {
  const cursor = one(await searchParams, 'cursor');
  const user = await getUser();
  if (user === null) redirect(signInPath('/selling'));
  const { tickets, nextCursor } = await findTickets({ mine: true, cursor });
  return (
    <Shell title="My listings" heading="My listings" user={user}>
      {tickets.length > 0 ? (
        <>
          <p>
            <a className="button button-primary" href="/tickets/new">
              Sell another
            </a>
          </p>
          <Listing tickets={tickets} hrefOf={(id) => `/tickets/${id}`} />
        </>
      ) : (
        <Empty heading="You have nothing for sale" next={SELL}>
          A ticket that you cannot use is an empty seat. List it; you see here how it goes.
        </Empty>
      )}
      <Paging path="/selling" cursor={cursor} nextCursor={nextCursor} />
    </Shell>
  );
});
