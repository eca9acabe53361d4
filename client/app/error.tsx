'use client';
import { useEffect } from 'react';

/** Shown when an open page cannot be refreshed. */
export default function Broken({ error }: { error: Error & { digest?: string } }) {
  useEffect(() => {
    document.querySelector('h1')?.focus();
  }, []);
  return (
    <main id="main">
      <title>Something broke · Fairseat</title>
      <h1 tabIndex={-1}>Something broke</h1>
      <p className="lead">Nothing was lost. Load the page again to see how things stand.</p>
      <p>
        <button
          type="button"
          className="button button-primary"
          onClick={() => window.location.reload()}
        >
          Load again
        </button>{' '}
        <a className="button button-plain" href="/">
          See what is for sale
        </a>
      </p>
      {error.digest && <p className="fine">{`For the log: ${error.digest}`}</p>}
    </main>
  );
}
