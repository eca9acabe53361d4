/** One stream of `GET /api/live`, which widens on demand and reconnects when it was lost. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';

export type StreamEvent =
  /** The stream covers these tickets from now on. Unless `all`, events were missed only of those that are new to it. */
  | { name: 'reset'; tickets: string[]; all: boolean }
  | { name: 'beat'; data: { now: string } }
  | { name: 'ticket'; data: TicketRecord }
  | { name: 'order'; data: OrderRecord }
  | { name: 'lost' };

export interface Stream {
  /** Makes sure that the stream covers these tickets, 200 at most, and the orders of this user; a `reset` confirms it. */
  cover(tickets: string[], user: string): void;
  reopen(): void;
  close(): void;
}

const NAMES = ['beat', 'ticket', 'order'] as const;
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;
/** Tabs that open together share one request. */
const GATHER_MS = 50;

export function openStream(tell: (event: StreamEvent) => void): Stream {
  let source: EventSource | undefined;
  let covered: string[] | undefined;
  let isOpen = false;
  let user = '';
  let pauseMs = FIRST_PAUSE_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const openIn = (delayMs: number) => {
    clearTimeout(timer);
    timer = setTimeout(open, delayMs);
  };

  function open() {
    const before = source;
    const tickets = covered ?? [];
    const opened = new EventSource(`/api/live${tickets.length ? `?tickets=${tickets}` : ''}`);
    source = opened;
    let isFirst = true;
    opened.addEventListener('reset', ({ data }: MessageEvent<string>) => {
      // While the previous stream was open until now, nothing that it covered was missed.
      const all = !(isFirst && isOpen && before?.readyState === EventSource.OPEN);
      before?.close();
      if (source !== opened) return;
      isFirst = false;
      isOpen = true;
      pauseMs = FIRST_PAUSE_MS;
      tell({ name: 'beat', data: JSON.parse(data) });
      tell({ name: 'reset', tickets, all });
    });
    for (const name of NAMES) {
      opened.addEventListener(name, ({ data }: MessageEvent<string>) => {
        tell({ name, data: JSON.parse(data) });
      });
    }
    opened.addEventListener('error', () => {
      before?.close();
      if (source !== opened) return opened.close();
      isOpen = false;
      tell({ name: 'lost' });
      // The browser reconnects by itself, unless it was refused.
      if (opened.readyState === EventSource.CLOSED) {
        openIn(pauseMs);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      }
    });
  }

  return {
    cover(tickets, who) {
      if (covered !== undefined && who === user && tickets.every((id) => covered?.includes(id))) {
        if (isOpen) tell({ name: 'reset', tickets: covered, all: false });
        return;
      }
      if (who !== user) isOpen = false;
      covered = tickets;
      user = who;
      openIn(GATHER_MS);
    },
    reopen: () => openIn(0),
    close() {
      clearTimeout(timer);
      source?.close();
      source = undefined;
    },
  };
}
