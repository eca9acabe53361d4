'use client';
import { useEffect } from 'react';
import { useRefresh } from './use-refresh.ts';

/** Reads the page afresh, again and again, as long as it is shown. Without scripts the browser does the same. */
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
