'use client';
import { useRouter } from 'next/navigation';
import { startTransition, useCallback } from 'react';

/** Any small file of ours. */
const PROBE = '/icon.svg';

/** Reads the page afresh if the server can be reached; the router would leave for the browser's error page if not. */
export function useRefresh(): () => void {
  const router = useRouter();
  return useCallback(() => {
    fetch(PROBE, { method: 'HEAD', cache: 'no-store' })
      .then(({ ok }) => {
        if (ok) startTransition(() => router.refresh());
      })
      .catch(() => {
        // It is asked again in a while.
      });
  }, [router]);
}
