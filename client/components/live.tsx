'use client';
import { useRouter } from 'next/navigation';
import { startTransition, useEffect, useSyncExternalStore } from 'react';
import { listen, liveStatus, onOrder, onReset, subscribe } from '../lib/live.ts';

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

  return (
    <p role="status" className={status === 'lost' ? 'live-lost' : 'sr-only'}>
      {status === 'lost' && 'No live updates right now. Trying to reconnect …'}
    </p>
  );
}
