'use client';
import { useEffect, useSyncExternalStore } from 'react';
import { isOwnOrder, newestTicket, subscribe, watchTicket } from '../lib/live.ts';
import type { OpenTicket } from '../lib/records.ts';
import type { Viewer } from '../lib/viewer.ts';

/** The newest known version of the ticket, updated live. */
export function useLiveTicket(ticket: OpenTicket): OpenTicket {
  const { id } = ticket;
  useEffect(() => watchTicket(id), [id]);
  const news = useSyncExternalStore(
    subscribe,
    () => newestTicket(id),
    () => undefined,
  );
  return news && news.version > ticket.version ? news : ticket;
}

/** The viewer's order that has the ticket now, or null. It may come from another tab, after the page was rendered. */
export function ownOrder({ orderId }: OpenTicket, viewer: Viewer): string | null {
  if (orderId === null) return null;
  const isOwn = isOwnOrder(orderId) || (viewer.is === 'holder' && viewer.orderId === orderId);
  return isOwn ? orderId : null;
}
