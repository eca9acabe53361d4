'use client';
import { useEffect } from 'react';
import { useRefresh } from './use-refresh.ts';

/** Refreshes the page again and again while it is shown. Without scripts a `<meta>` element makes the browser do so. */
export function Refresh({ everyMs }: { everyMs: number }) {
  const refresh = useRefresh();
  useEffect(() => {
    const timer = setInterval(refresh, everyMs);
    return () => clearInterval(timer);
  }, [refresh, everyMs]);
  return (
    <noscript>
      <meta httpEquiv="refresh" content={String(Math.ceil(everyMs / 1000))} />
    </noscript>
  );
}
