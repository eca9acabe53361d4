import { getUser } from '../lib/api.ts';
import { pathOf } from '../lib/paths.ts';
import { currentVisit } from '../lib/visit.ts';
import { Heading } from './heading.tsx';
import { Refresh } from './refresh.tsx';
import { Shell } from './shell.tsx';
import { Ticket } from './ticket.tsx';

const headings: Record<number, string> = {
  400: 'That does not fit',
  405: 'Not like this',
  413: 'Too much at once',
  403: 'Not for your eyes',
  404: 'Nothing here',
  429: 'Too fast',
  500: 'Something broke',
  503: 'Back in a moment',
};

const NO_TICKET = '0'.repeat(32);
const TRY_AGAIN_MS = 5000;

/** A page about an error and what to do now. It refreshes itself where the error may pass. */
export async function Trouble({ status, message }: { status: number; message: string }) {
  const mayPass = status === 429 || status >= 500;
  // While the API is away it cannot say who is signed in.
  const user = mayPass ? null : await getUser().catch(() => null);
  const heading = headings[status] ?? 'That did not work';
  return (
    <Shell title={heading} user={user} isLive={false}>
      <Ticket
        id={NO_TICKET}
        look="withdrawn"
        size="full"
        length={heading.length}
        title={
          <div className="ticket-title">
            <Heading step={heading}>{heading}</Heading>
          </div>
        }
        price={String(status)}
        word={mayPass ? 'Closed' : 'Not valid'}
      />
      <p className="lead">{message}</p>
      {mayPass && <Refresh everyMs={TRY_AGAIN_MS} />}
      <p>
        {mayPass && (
          <a className="button button-primary" href={pathOf(currentVisit().request.url)}>
            Try again
          </a>
        )}{' '}
        <a className="button button-plain" href="/">
          See what is for sale
        </a>
      </p>
    </Shell>
  );
}
