'use client';
import { useRouter } from 'next/navigation';
import { startTransition, useCallback } from 'react';

/** Any small file of this site. */
const PROBE = '/icon.svg';

/** Refreshes the page if the server can be reached: if not, the router would end on the browser's error page. */
export function useRefresh(): () => void {
  const router = useRouter();
  return useCallback(() => {
    fetch(PROBE, { method: 'HEAD', cache: 'no-store' })
      .then(({ ok }) => {
        if (ok) startTransition(() => router.refresh());
      })
      .catch(() => {
        // Callers try again later, and a stream that is lost begins with a reset.
      });
  }, [router]);
}
