'use client';
import { useRouter } from 'next/navigation';
import { startTransition, useEffect, useSyncExternalStore } from 'react';
import { listen, liveStatus, onOrder, onReset, subscribe } from '../lib/live.ts';

const troubles: Partial<Record<ReturnType<typeof liveStatus>, string>> = {
  lost: 'No live updates right now. Trying to reconnect …',
  'left out': 'Too many pages are open to keep this one up to date. Close some, or reload it.',
};

/** Keeps the page current: refreshes it when events may have been missed or an order of the visitor has changed. */
export function Live({ user }: { user: string }) {
  const router = useRouter();
  const status = useSyncExternalStore(subscribe, liveStatus, () => 'connecting' as const);

  useEffect(() => listen(user), [user]);
  useEffect(() => {
    const refresh = () => startTransition(() => router.refresh());
    const stops = [onReset(refresh), onOrder(refresh)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [router]);

  const words = troubles[status];
  return (
    <p role="status" className={words ? 'live-lost' : 'sr-only'}>
      {words}
    </p>
  );
}
