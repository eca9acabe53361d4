'use client';
import { useEffect, useSyncExternalStore } from 'react';
import { listen, liveStatus, onOrder, onReset, subscribe } from '../lib/live.ts';
import { useRefresh } from './use-refresh.ts';

const troubles: Partial<Record<ReturnType<typeof liveStatus>, string>> = {
  lost: 'No live updates right now. Trying to reconnect …',
  'left out': 'Too many pages are open to keep this one up to date. Close some, or reload it.',
};

/** Keeps the page current: refreshes it when events may have been missed or an order of the visitor has changed. */
export function Live({ user }: { user: string }) {
  const refresh = useRefresh();
  const status = useSyncExternalStore(subscribe, liveStatus, () => 'connecting' as const);

  useEffect(() => listen(user), [user]);
  useEffect(() => {
    const stops = [onReset(refresh), onOrder(refresh)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [refresh]);

  const words = troubles[status];
  return (
    <p role="status" className={words ? 'live-lost' : 'sr-only'}>
      {words}
    </p>
  );
}
