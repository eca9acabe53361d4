'use client';
import { useEffect, useSyncExternalStore } from 'react';
import { newestTicket, subscribe, watchTicket } from '../lib/live.ts';
import type { OpenTicket } from '../lib/records.ts';

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
