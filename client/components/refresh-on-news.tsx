'use client';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { useEffect } from 'react';
import { useLiveTicket } from './use-live-ticket.ts';
import { useRefresh } from './use-refresh.ts';

/** Refreshes the page when the ticket has changed. */
export function RefreshOnNews({ ticket }: { ticket: TicketRecord }) {
  const refresh = useRefresh();
  const { version } = useLiveTicket(ticket);
  useEffect(() => {
    if (version > ticket.version) refresh();
  }, [version, ticket.version, refresh]);
  return null;
}
