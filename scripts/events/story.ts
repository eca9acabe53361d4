/** What happened to an order, by the events of the log alone, and what should have come by now and has not. */
import type { AnyEvent, EventData, EventType } from '@fairseat/common/events';

type OrderEvent = Extract<AnyEvent, { type: EventType & `order.${string}` }>;
type ChargeEvent = Extract<AnyEvent, { type: EventType & `charge.${string}` }>;
type Order = OrderEvent['data'];

export interface Missing {
  /** Any of them would do. */
  types: EventType[];
  /** When it was due, as ISO 8601. */
  since: string;
}

export interface Story {
  orderId: string;
  /** As its newest event has it; undefined where no event of it is kept. */
  order: Order | undefined;
  /** What was said last of its money, and the charge as it is there. */
  money: { type: ChargeEvent['type']; charge: EventData<'charge.completed'> } | undefined;
  /** What its lock has become. */
  lock: 'none' | 'refused' | 'held' | 'released' | 'sold';
  /** All that is about it, in the order of the log. */
  events: AnyEvent[];
  missing: Missing[];
}

/** A reaction takes moments; one that is put off or waits for a sweep, some seconds. */
const SOON_MS = 5000;

/**
 * The story of an order from the events of the log that name it or its ticket, at `now` in milliseconds. An event that was
 * published twice counts once; events may come in another order than that in which they were saved.
 */
export function story(log: Iterable<AnyEvent>, now: number, orderId: string): Story {
  const events = eventsOf(
    [...new Map(Array.from(log, (event) => [event.id, event])).values()],
    orderId,
  );
  const order = newest(events.filter(isOfOrder));
  const charge = newest(events.filter(isOfCharge));
  const told = {
    orderId,
    order: order?.data,
    money: charge && { type: charge.type, charge: charge.data as EventData<'charge.completed'> },
    lock: lockIn(events),
    events,
  };
  return { ...told, missing: missing(told, now) };
}

const isOfOrder = (event: AnyEvent): event is OrderEvent => event.type.startsWith('order.');
const isOfCharge = (event: AnyEvent): event is ChargeEvent => event.type.startsWith('charge.');

const newest = <E extends AnyEvent>(events: E[]): E | undefined =>
  events.reduce<E | undefined>(
    (last, each) => (last && last.version >= each.version ? last : each),
    undefined,
  );

/** A release names no order: it is of the order that held the ticket before. */
function eventsOf(log: AnyEvent[], orderId: string): AnyEvent[] {
  const holders = new Map<string, [version: number, orderId: string][]>();
  for (const { type, subject, version, data } of log) {
    if (type !== 'ticket.reserved') continue;
    const held = [version, data.orderId] as [number, string];
    holders.set(subject, [...(holders.get(subject) ?? []), held]);
  }
  const holderBefore = ({ subject, version }: AnyEvent) =>
    (holders.get(subject) ?? [])
      .filter(([heldIn]) => heldIn < version)
      .reduce((last, each) => (each[0] > last[0] ? each : last), [0, ''] as [number, string])[1];
  return log.filter((event) =>
    event.type === 'ticket.released' ? holderBefore(event) === orderId : orderOf(event) === orderId,
  );
}

function orderOf({ type, subject, data }: AnyEvent): string | null | undefined {
  if (type.startsWith('order.')) return subject;
  const { refusal, orderId } = data as { refusal?: { orderId: string }; orderId?: string | null };
  return refusal ? refusal.orderId : orderId;
}

const LOCKS: Partial<Record<EventType, Story['lock']>> = {
  'ticket.reserved': 'held',
  'ticket.released': 'released',
  'ticket.sold': 'sold',
};

/** A request for a lock that comes a second time may be refused after the end. */
function lockIn(events: AnyEvent[]): Story['lock'] {
  const last = newest(events.filter(({ type }) => type in LOCKS));
  if (last) return LOCKS[last.type] ?? 'none';
  return events.some(({ type }) => type === 'ticket.refused') ? 'refused' : 'none';
}

function missing({ order, money, lock, events }: Omit<Story, 'missing'>, now: number): Missing[] {
  if (order === undefined) return [];
  const saidAt = (type: EventType) => events.findLast((event) => event.type === type)?.time;
  const due: Missing[] = [];
  /** It is due soon after these have happened, of which the last one counts. */
  const expect = (after: (string | undefined)[], ...types: EventType[]) => {
    const since = after
      .filter((time) => time !== undefined)
      .toSorted()
      .at(-1);
    if (since && Date.parse(since) + SOON_MS <= now) due.push({ types, since });
  };
  const { status, expiresAt, securedAt } = order;
  const isUnpaid = status === 'created' || (status === 'awaiting_payment' && !securedAt);
  const isHeld = money?.type === 'charge.authorized';
  const ended = saidAt(status === 'completed' ? 'order.completed' : 'order.cancelled');

  if (status === 'created' && lock === 'none') {
    expect([saidAt('order.created')], 'ticket.reserved', 'ticket.refused');
  }
  if (status === 'created' && lock === 'held') {
    expect([saidAt('ticket.reserved')], 'order.awaiting_payment');
  }
  if (status === 'created' && lock === 'refused') {
    expect([saidAt('ticket.refused')], 'order.cancelled');
  }
  if (isUnpaid && isHeld) expect([saidAt('charge.authorized')], 'order.secured');
  if (isUnpaid && !isHeld && !money) {
    if (!saidAt('expiration.elapsed')) expect([expiresAt], 'expiration.elapsed');
    expect([expiresAt], 'order.cancelled');
  }
  if (status === 'awaiting_payment' && securedAt && isHeld) {
    expect([saidAt('order.secured')], 'charge.completed', 'charge.failed');
  }
  if (isUnended(order) && money && !isHeld) {
    const isPaid = isTaken(money.charge);
    const ends = isPaid
      ? (['order.completed', 'order.cancelled'] as const)
      : (['order.cancelled'] as const);
    expect([saidAt(money.type)], ...ends);
  }
  if (status === 'completed') {
    if (!isTaken(money?.charge)) expect([ended], 'charge.completed');
    if (lock !== 'sold') expect([ended], 'ticket.sold');
  }
  if (status === 'cancelled') {
    if (isHeld) expect([ended, saidAt('charge.authorized')], 'charge.failed');
    if (isTaken(money?.charge) && !isGivenBack(money?.charge)) {
      expect([ended, saidAt('charge.completed')], 'charge.refunded', 'charge.refund_failed');
    }
    if (lock === 'held') expect([ended, saidAt('ticket.reserved')], 'ticket.released');
  }
  return due;
}

const isUnended = ({ status }: Order) => status === 'created' || status === 'awaiting_payment';
type Charge = EventData<'charge.completed'> | undefined;
const isTaken = (charge: Charge) => charge?.status === 'completed';
/** The bank decides who gets what is disputed. */
const isGivenBack = (charge: Charge) =>
  charge?.refund !== undefined || charge?.stripeRefundId != null || charge?.dispute !== undefined;
