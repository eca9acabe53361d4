'use client';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { useEffect, useSyncExternalStore } from 'react';
import { type LiveTicket, newestTicket, subscribe, watchTicket } from '../lib/live.ts';

/** The newest known version of the ticket, updated live. */
export function useLiveTicket(ticket: TicketRecord): LiveTicket {
  const { id } = ticket;
  useEffect(() => watchTicket(id), [id]);
  const news = useSyncExternalStore(
    subscribe,
    () => newestTicket(id),
    () => undefined,
  );
  return news && news.version > ticket.version ? news : ticket;
}
