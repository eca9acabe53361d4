'use client';
import { useEffect } from 'react';
import type { OpenTicket } from '../lib/records.ts';
import { useLiveTicket } from './use-live-ticket.ts';
import { useRefresh } from './use-refresh.ts';

/** Refreshes the page when the ticket has changed. */
export function RefreshOnNews({ ticket }: { ticket: OpenTicket }) {
  const refresh = useRefresh();
  const { version } = useLiveTicket(ticket);
  useEffect(() => {
    if (version > ticket.version) refresh();
  }, [version, ticket.version, refresh]);
  return null;
}
