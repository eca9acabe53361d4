/** Models each ticket as a register, held by one order after another: what people saw of it must be linearizable. */
import type { OrderRecord } from '@fairseat/common/contracts/order';
import { bodyOf, type Exchange, subjectOf } from '../exchange.ts';
import type { Ledger } from './ledger.ts';
import { type Act, firstImpossible } from './linearizability.ts';
import { Violation } from './violation.ts';

type Holder = string | null;
type HoldAct = Act<Holder>;

const NEVER = Number.POSITIVE_INFINITY;

const look = (
  { from, to }: { from: number; to: number },
  label: string,
  fits: (holder: Holder) => boolean,
): HoldAct => ({
  from,
  to,
  label,
  onlyLooks: true,
  apply: (holder) => (fits(holder) ? holder : undefined),
});

/** @throws Violation when no order of events explains the answers. */
export function checkHolds(exchanges: readonly Exchange[], ledger: Ledger): void {
  const byStory = new Map(exchanges.map((exchange) => [exchange.story, exchange]));
  const actsOn = new Map<string, HoldAct[]>();
  const add = (ticketId: string, act: HoldAct) => {
    const acts = actsOn.get(ticketId);
    if (acts) acts.push(act);
    else actsOn.set(ticketId, [act]);
  };
  for (const order of ledger.orders.values()) {
    const maker = byStory.get(ledger.makerOf.get(order.id) ?? '');
    for (const act of lifeOf(order, maker)) add(order.ticketId, act);
  }
  for (const exchange of exchanges) {
    const seen = seenBy(exchange, ledger);
    if (seen) add(seen.ticketId, seen.act);
  }
  // Of a ticket whose orders were undone by a restore, people saw what is no longer true.
  for (const ticketId of ledger.undoneHolds) actsOn.delete(ticketId);
  for (const [ticketId, acts] of actsOn) {
    const wrong = firstImpossible<Holder>(null, acts);
    if (wrong) {
      throw new Violation('holds are linearizable', `ticket ${ticketId}: ${wrong.label}`);
    }
  }
}

/** An order takes its ticket. If it was cancelled, and not by its buyer, it may have let go at any later time. */
function lifeOf(order: OrderRecord, maker: Exchange | undefined): HoldAct[] {
  const { id, status, reason } = order;
  const from = maker?.from ?? 0;
  const certain = maker?.reply !== undefined && maker.reply.status < 500;
  const hold: HoldAct = {
    from,
    to: certain ? maker.to : NEVER,
    label: `order ${id} was placed while another held the ticket`,
    apply: (holder) => (holder === null ? id : undefined),
  };
  if (status !== 'cancelled' || reason === 'buyer') return [hold];
  return [hold, { ...letGo(id), from, to: NEVER }];
}

const letGo = (id: string) => ({
  label: `order ${id} let go`,
  apply: (holder: Holder) => (holder === id ? null : undefined),
});

/** Returns what one answer showed about the holder of a ticket. */
function seenBy(
  exchange: Exchange,
  ledger: Ledger,
): { ticketId: string; act: HoldAct } | undefined {
  const { route, reply } = exchange;
  if (route === 'DELETE /api/orders/:id') return cancelled(exchange, ledger);
  if (reply === undefined) return undefined;
  const body = bodyOf(reply);
  if (route === 'GET /api/orders/:id' && reply.status === 200) return sawOrder(exchange, body);
  if (route !== 'POST /api/orders') return undefined;
  const ticketId = subjectOf(exchange);
  if (body.code === 'ticket_reserved') {
    const label = 'a buyer was told that another holds it, but nobody did';
    return { ticketId, act: look(exchange, label, (holder) => holder !== null) };
  }
  if (body.code === 'already_yours') {
    const isTheirs = (holder: Holder) =>
      ledger.orders.get(holder ?? '')?.userId === exchange.userId;
    return { ticketId, act: look(exchange, 'a buyer was told that they hold it', isTheirs) };
  }
  const isReplay = ledger.makerOf.get(body.id ?? '') !== exchange.story;
  return reply.status === 201 && isReplay ? sawOrder(exchange, body) : undefined;
}

function sawOrder(exchange: Exchange, order: ReturnType<typeof bodyOf>) {
  const { id = '', ticketId = '', status } = order;
  const held = status !== 'cancelled';
  const label = `order ${id} was seen ${status}`;
  return { ticketId, act: look(exchange, label, (holder) => (holder === id) === held) };
}

/** Cancelling again changes nothing. A request without an answer may never have arrived. */
function cancelled(exchange: Exchange, ledger: Ledger) {
  const { id = '', reply, from } = exchange;
  const order = ledger.orders.get(id);
  const isUncertain = reply === undefined || reply.status >= 500;
  if (order?.reason !== 'buyer' || order.userId !== exchange.userId) return undefined;
  if (isUncertain) return { ticketId: order.ticketId, act: { ...letGo(id), from, to: NEVER } };
  if (reply.status !== 204) return undefined;
  const act: HoldAct = {
    from,
    to: exchange.to,
    label: `order ${id} was said to be cancelled`,
    apply: (holder) => (holder === id ? null : holder),
  };
  return { ticketId: order.ticketId, act };
}
