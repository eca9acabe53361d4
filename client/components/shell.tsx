import type { User } from '@fairseat/common/contracts/user';
import type { ReactNode } from 'react';
import { signOut } from '../lib/actions.ts';
import { isUnsent } from '../lib/draft.ts';
import { Form, Submit } from './form.tsx';
import { Heading } from './heading.tsx';
import { Live } from './live.tsx';
import { TestMode } from './test-mode.tsx';

interface Props {
  /** The name of the page in the browser's tab and in search results. */
  title: string;
  description?: string;
  /** Omitted where the page has its heading further down. */
  heading?: ReactNode;
  /** Changes when the page shows the next step of the same thing. */
  step?: string;
  user: User | null;
  /** The one way out of a checkout, in place of the navigation. */
  wayOut?: { href: string; label: string };
  /** Whether the page listens for live events. */
  isLive?: boolean;
  children: ReactNode;
}

/** The frame around the content of every page. */
export function Shell(props: Props) {
  const { title, description, heading, step = title, user, wayOut, isLive = true } = props;
  return (
    <>
      <title>{`${title} · Fairseat`}</title>
      {description && <meta name="description" content={description} />}
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="masthead">
        <a className="wordmark" href={wayOut?.href ?? '/'}>
          Fairseat
        </a>
        {wayOut ? <a href={wayOut.href}>{wayOut.label}</a> : <Navigation user={user} />}
      </header>
      <main id="main">
        {heading && <Heading step={step}>{heading}</Heading>}
        {isUnsent() && (
          <p role="alert" className="notice notice-wrong">
            This was not sent: the page was out of date, or you were signed out meanwhile. Check it,
            and send it once more.
          </p>
        )}
        {props.children}
      </main>
      <footer className="colophon">
        <p>Fairseat. One ticket, one buyer.</p>
        <TestMode>Test mode: no card is charged and no money moves.</TestMode>
      </footer>
      {isLive && <Live user={user?.id ?? ''} />}
    </>
  );
}

function Navigation({ user }: { user: User | null }) {
  return (
    <nav aria-label="Main">
      <a href="/tickets/new">Sell a ticket</a>
      {user ? (
        <>
          <a href="/selling">My listings</a>
          <a href="/orders">My orders</a>
          <Form action={signOut} forgets>
            <Submit look="quiet">Sign out</Submit>
          </Form>
        </>
      ) : (
        <>
          <a href="/auth/signin">Sign in</a>
          <a href="/auth/signup">Sign up</a>
        </>
      )}
    </nav>
  );
}
