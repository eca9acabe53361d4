/** Checks every write of a ticket. */
import { termsSchema } from '@fairseat/common/contracts/order';
import { listingSchema, type TicketRecord } from '@fairseat/common/contracts/ticket';
import type { EventData } from '@fairseat/common/events';
import type { Ledger, Write } from './ledger.ts';
import { agree, must } from './violation.ts';

const NEXT: Record<TicketRecord['status'], TicketRecord['status'][]> = {
  available: ['available', 'reserved', 'withdrawn'],
  reserved: ['reserved', 'available', 'sold'],
  sold: ['sold'],
  withdrawn: ['withdrawn'],
};

/** The events of each change of state. An unchanged state may be said again, or come with a refusal. */
const TOLD_BY: Record<string, string[]> = {
  'new available': ['ticket.created'],
  'available available': ['ticket.updated', 'ticket.refused'],
  'available reserved': ['ticket.reserved'],
  'available withdrawn': ['ticket.withdrawn'],
  'reserved reserved': ['ticket.reserved', 'ticket.refused'],
  'reserved available': ['ticket.released'],
  'reserved sold': ['ticket.sold'],
  'sold sold': ['ticket.refused'],
  'withdrawn withdrawn': ['ticket.refused'],
};

/** A held lock is tried for about 2 s, since the holder's end may be on its way. */
const TRIED_FOR_MS = 1000;

/** How an end is said again to those who lost it, or never had it. */
const SAID_AGAIN: Record<string, string> = {
  'sold sold': 'ticket.sold',
  'withdrawn withdrawn': 'ticket.withdrawn',
};

export function checkTicket(write: Write, ledger: Ledger, saysAgain: boolean): void {
  const before = write.before as TicketRecord | undefined;
  const after = write.after as TicketRecord;
  const name = `ticket ${after.id}`;
  const change = `${before?.status ?? 'new'} ${after.status}`;
  const types = write.events.map(({ type }) => type);
  const again = saysAgain ? [SAID_AGAIN[change]] : [];
  const mayTell = [...(TOLD_BY[change] ?? []), ...again];
  const told = types.length === 1 && mayTell.includes(types[0] as string);

  if (before === undefined) {
    must('legal states', after.status === 'available', () => `${name} begins ${after.status}`);
  } else {
    const legal = NEXT[before.status].includes(after.status);
    must('legal states', legal, () => `${name} went from ${before.status} to ${after.status}`);
    checkKept(before, after, name);
  }
  must('every change is told', told, () => `${name}: ${change}, told by [${types}]`);
  const bound = after.status === 'reserved' || after.status === 'sold';
  must(
    'a held ticket names its order',
    bound === (after.orderId !== null),
    () => `${name} is ${after.status} with order ${after.orderId}`,
  );
  for (const event of write.events) {
    if (event.type === 'ticket.refused')
      checkRefusal(event.data.refusal, after, write.atMs, ledger);
  }
  if (bound && before?.status === 'available') checkLock(after, ledger, name);
  if (before?.status === 'reserved' && after.status === 'available') {
    const order = ledger.orders.get(before.orderId as string);
    must(
      'a lock ends only with its order',
      order?.status === 'cancelled',
      () => `${name} was let go while its order ${before.orderId} is ${order?.status}`,
    );
  }
  if (after.status === 'sold') {
    const order = ledger.orders.get(after.orderId as string);
    const paid = order?.status === 'completed';
    must('only what is paid is sold', paid, () => `${name} is sold to an order ${order?.status}`);
  }
}

function checkKept(before: TicketRecord, after: TicketRecord, name: string) {
  const same = agree(listingSchema, before, after);
  must('a seller stays the seller', before.userId === after.userId, () => name);
  must(
    'a held ticket does not change',
    same || (before.status === 'available' && after.status === 'available'),
    () =>
      `${name} was ${before.status} at ${before.price} and is ${after.status} at ${after.price}`,
  );
  must(
    'a lock stays with its order',
    before.orderId === null || after.orderId === null || before.orderId === after.orderId,
    () => `${name} went from order ${before.orderId} to ${after.orderId}`,
  );
}

type Refusal = EventData<'ticket.refused'>['refusal'];

/** A refusal must have a true reason. Only the clock of tickets decides whether an order is too late. */
function checkRefusal(
  { orderId, reason }: Refusal,
  ticket: TicketRecord,
  atMs: number,
  { orders, placedAtMs }: Ledger,
) {
  const order = orders.get(orderId);
  const waitedMs = atMs - (placedAtMs.get(orderId) ?? 0);
  must(
    'a lock is waited for',
    reason !== 'reserved' || waitedMs >= TRIED_FOR_MS,
    () => `order ${orderId} is refused after ${waitedMs} ms, though the holder may have ended`,
  );
  const rightly: Record<Refusal['reason'], boolean> = {
    reserved: ticket.status === 'reserved' && ticket.orderId !== orderId,
    sold: ticket.status === 'sold' && ticket.orderId !== orderId,
    withdrawn: ticket.status === 'withdrawn',
    changed: !agree(termsSchema, order?.ticket, ticket),
    own_ticket: order?.userId === ticket.userId,
    expired: order !== undefined,
    other: false,
  };
  const message = () => `ticket ${ticket.id} is refused to order ${orderId}: ${reason}`;
  must('a ticket is refused for its reason', rightly[reason], message);
}

function checkLock(ticket: TicketRecord, { orders }: Ledger, name: string) {
  const order = orders.get(ticket.orderId as string);
  must('a lock is for an order', order?.ticketId === ticket.id, () => name);
  if (order === undefined) return;
  must('nobody buys from themselves', order.userId !== ticket.userId, () => name);
  must(
    'a buyer gets what they saw',
    agree(termsSchema, order.ticket, ticket),
    () => `${name} at ${ticket.price} is locked for an order at ${order.ticket.price}`,
  );
}
