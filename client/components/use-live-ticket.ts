'use client';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { useEffect, useSyncExternalStore } from 'react';
import { newestTicket, subscribe, watchTicket } from '../lib/live.ts';

/** The newest known version of the ticket, updated live. */
export function useLiveTicket(ticket: TicketRecord): TicketRecord {
  const { id } = ticket;
  useEffect(() => watchTicket(id), [id]);
  const news = useSyncExternalStore(
    subscribe,
    () => newestTicket(id),
    () => undefined,
  );
  return news && news.version > ticket.version ? news : ticket;
}
