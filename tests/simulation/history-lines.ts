/** Turns the history of the engines into lines of a story. */

import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import type { AnyEvent } from '@fairseat/common/events';
import type { Entry } from '@fairseat/platform/simulated';
import type { StoredPayment } from '@fairseat/test-support/invariants';
import type { Line } from './story.ts';

type Kind<K extends Entry['kind']> = Extract<Entry, { kind: K }>;

export function told(entry: Entry): Line[] {
  const { atMs, process: who, story } = entry;
  const line = (what: string, about: (string | null | undefined)[] = []): Line[] => [
    { atMs, who, what, about: about.filter((id) => typeof id === 'string') },
  ];
  switch (entry.kind) {
    case 'write':
      return line(...written(entry)).filter(({ what }) => what !== '');
    case 'deliver': {
      const { event, attempt } = entry;
      const what = nameOf(event) + (attempt > 1 ? ` (attempt ${attempt})` : '');
      return [{ atMs, who: event.source, to: who, what, about: idsIn(event) }];
    }
    case 'redeliver':
      return line(`${nameOf(entry.event)} comes again: ${entry.reason}`, idsIn(entry.event));
    case 'dead':
      return line(`${nameOf(entry.event)} is given up: ${entry.reason}`, idsIn(entry.event));
    case 'alarm':
      return line(`the alarm of order ${entry.key} rings`, [entry.key]);
    case 'gateway': {
      const [first] = entry.args as unknown[];
      const about = typeof first === 'string' ? first : (first as { orderId: string }).orderId;
      return line(`asks the gateway to ${entry.call} the payment ${about}`, [about]);
    }
    case 'fault':
      return line(`⚡ ${entry.what}: ${entry.where}`, story === undefined ? [] : [story]);
    case 'error':
      return line(`⚡ ${entry.message}: ${entry.reason}`);
    case 'crash':
      return line('⚡ crashes');
    case 'start':
      return line('starts');
    default:
      return [];
  }
}

/** Returns a write as text, and the ids it is about. Replicas only repeat earlier writes, so theirs have no text. */
function written({ table, before, after, events }: Kind<'write'>): [string, string[]] {
  const says = events.length > 0 ? `, says ${events.map(({ type }) => type)}` : '';
  const change = (name: string, was: unknown, is: unknown) =>
    `${name} ${after.id}: ${stateOf(was)} → ${stateOf(is)}${says}`;
  if (table === 'tickets_tickets') {
    const { orderId } = after as TicketRecord;
    return [change('ticket', before, after), [after.id, ...(orderId ? [orderId] : [])]];
  }
  if (table === 'orders_orders') {
    return [change('order', before, after), [after.id, (after as OrderRecord).ticketId]];
  }
  if (table !== 'payments_payments') return ['', []];
  const { charge } = after as StoredPayment;
  const was = (before as StoredPayment | undefined)?.charge;
  if (charge === null || stateOf(charge) === stateOf(was)) return ['', []];
  const ids = [after.id, charge.id, ...(charge.stripeId ? [charge.stripeId] : [])];
  return [change('charge of', was, charge), ids];
}

/** Describes a record by the fields that decisions depend on. */
function stateOf(record: unknown): string {
  if (record === undefined || record === null) return 'new';
  const { status, price, orderId, reason, stripeRefundId } = record as Record<string, unknown>;
  const parts = [
    status,
    price && `at ${price}`,
    orderId && `for ${orderId}`,
    reason && `(${reason})`,
    stripeRefundId && 'refunded',
  ];
  return parts.filter(Boolean).join(' ');
}

const nameOf = ({ type, subject }: AnyEvent) => `${type} of ${subject}`;

function idsIn({ subject, data }: AnyEvent): string[] {
  const { ticketId, orderId } = data as { ticketId?: string; orderId?: string | null };
  return [subject, ticketId, orderId].filter((id) => typeof id === 'string');
}
