import { Empty, SELL } from '../components/empty.tsx';
import { Listing } from '../components/listing.tsx';
import { Paging } from '../components/paging.tsx';
import { Shell } from '../components/shell.tsx';
import { findTickets, getReader } from '../lib/api.ts';
import { one, type PageProps, page } from '../lib/page.tsx';

export default page(async ({ searchParams }: PageProps) => {
  const query = await searchParams;
  const q = one(query, 'q')?.trim().slice(0, 200) ?? '';
  const cursor = one(query, 'cursor');
  const everything = one(query, 'show') === 'all';
  const [user, { tickets, nextCursor }] = await Promise.all([
    getReader(),
    findTickets({ q, cursor, available: !everything }),
  ]);
  const shown = { ...(q && { q }), ...(everything && { show: 'all' }) };
  const further =
    nextCursor === null ? null : `/?${new URLSearchParams({ ...shown, cursor: nextCursor })}`;
  const isFront = !q && !cursor && !everything;
  return (
    <Shell
      title={q ? `“${q}”` : 'Tickets for sale'}
      description="Tickets from people who cannot go. One ticket, one buyer: it is held for you while you pay."
      heading={isFront ? <FrontHeading /> : headingOf(q, cursor)}
      user={user}
    >
      {isFront && (
        <p className="lead">
          Tickets from people who have one too many. Pick one and it is held for you while you pay:
          nobody else can take it.
        </p>
      )}
      <search>
        <form action="/" className="search">
          <label htmlFor="q">Search</label>
          <input
            id="q"
            name="q"
            type="search"
            defaultValue={q}
            placeholder="A band, a play, a team"
            maxLength={200}
            dir="auto"
          />
          {everything && <input type="hidden" name="show" value="all" />}
          <button type="submit" className="button button-primary">
            Search
          </button>
        </form>
      </search>
      {tickets.length > 0 ? (
        <Listing tickets={tickets} hrefOf={(id) => `/tickets/${id}`} />
      ) : (
        <Nothing q={q} isFirst={!cursor} further={further} />
      )}
      <Paging path="/" query={shown} cursor={cursor} nextCursor={nextCursor} />
      {(tickets.length > 0 || q) && (
        <p className="fine">
          {everything ? (
            <a href={q ? `/?q=${encodeURIComponent(q)}` : '/'}>Show only what is for sale</a>
          ) : (
            <a href={`/?${q ? `q=${encodeURIComponent(q)}&` : ''}show=all`}>
              Show also what is on hold, sold or withdrawn
            </a>
          )}
        </p>
      )}
    </Shell>
  );
});

const headingOf = (q: string, cursor: string | undefined) =>
  q ? `Tickets for “${q}”` : cursor ? 'More tickets' : 'All tickets';

function FrontHeading() {
  return (
    <span className="poster">
      <span>Somebody can’t go.</span> <span>Take their seat.</span>
    </span>
  );
}

/** `further` leads to the next page: one without any ticket need not be the last. */
function Nothing({ q, isFirst, further }: { q: string; isFirst: boolean; further: string | null }) {
  if (further !== null) {
    return (
      <Empty heading="Nothing so far" next={{ href: further, label: 'Look further' }}>
        There are more tickets than one page looks through.
      </Empty>
    );
  }
  if (q) {
    return (
      <Empty
        heading={`No ticket says “${q}”`}
        next={{ href: '/', label: 'See all tickets', look: 'plain' }}
      >
        Search finds titles by the beginnings of their words. Try fewer of them, or another.
      </Empty>
    );
  }
  return isFirst ? (
    <Empty heading="The box office is open. The board is empty." next={SELL}>
      Nothing is for sale right now. Have a ticket that you cannot use? List it, and it hangs here.
    </Empty>
  ) : (
    <Empty heading="That was all" next={SELL}>
      No more tickets are for sale.
    </Empty>
  );
}
