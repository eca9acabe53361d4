/** What was acknowledged has come about: of every event what it brings about, of every alarm that it was said. */
import type { AnyEvent } from '@fairseat/common/events';
import type { Entry } from '@fairseat/platform/simulated';
import type { Ledger } from './ledger.ts';
import { must } from './violation.ts';

type Kind<K extends Entry['kind']> = Extract<Entry, { kind: K }>;
type Effect = (event: AnyEvent, seen: Seen) => boolean;

interface Seen {
  ledger: Ledger;
  /** Orders that a ticket was ever locked for. */
  locked: ReadonlySet<string>;
  /** Sessions that a service knows to have ended, as `service id`. */
  ended: ReadonlySet<string>;
  /** How many versions of its ticket there were when the event was delivered. */
  versionsBefore: number;
}

const hasStarted: Effect = ({ data }, { ledger }) =>
  ledger.orders.get(orderIdIn(data))?.status !== 'created';
const hasEnded: Effect = ({ data }, { ledger }) => !ledger.unended.has(orderIdIn(data));
const isListed: Effect = ({ subject, version }, { ledger }) =>
  (ledger.listings.get(subject)?.version ?? 0) >= version;
const isNoted: Effect = ({ subject, version }, { ledger }) =>
  (ledger.payments.get(subject)?.order?.version ?? 0) >= version;

/** Once a group has acknowledged an event. What is not listed changes nothing that can be seen. */
const EFFECTS: Record<string, Effect> = {
  'orders ticket.created': isListed,
  'orders ticket.updated': isListed,
  'orders ticket.withdrawn': isListed,
  'orders ticket.released': isListed,
  'orders ticket.sold': isListed,
  'orders ticket.reserved': hasStarted,
  'orders ticket.refused': hasStarted,
  'orders charge.completed': hasEnded,
  'orders charge.failed': hasEnded,
  'payments order.awaiting_payment': isNoted,
  'payments order.cancelled': isNoted,
  'payments order.completed': isNoted,
  'tickets order.created': ({ subject }, { ledger, locked }) =>
    locked.has(subject) || ledger.refused.has(subject),
  // It may have been locked for this order only since: orders will say its end again.
  'tickets order.cancelled': (event, { ledger, versionsBefore }) =>
    (ledger.pasts.get(ticketIdIn(event)) ?? [])
      .slice(versionsBefore - 1)
      .some((ticket) => (ticket as { orderId?: string | null }).orderId !== event.subject),
  'tickets order.completed': (event, { ledger }) =>
    ledger.tickets.get(ticketIdIn(event))?.status === 'sold',
};

const orderIdIn = (data: object) => {
  const { orderId, refusal } = data as { orderId?: string; refusal?: { orderId: string } };
  return refusal?.orderId ?? orderId ?? '';
};
const ticketIdIn = ({ data }: AnyEvent) => (data as { ticketId?: string }).ticketId ?? '';

export class Effects {
  readonly #ledger: Ledger;
  readonly #locked = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #versionsBefore = new Map<string, number>();
  /** By order the rings of its alarm since whose begin the alarm clock has said nothing. */
  readonly #unsaid = new Map<string, Set<number>>();
  /** Payments that a process has looked at since it last gave money back. */
  readonly #lookedAt = new Set<string>();

  /** When a process was first asked for the lock of an order. */
  readonly #askedAtMs = new Map<string, number>();
  /** When the way of a request to the gateway was last seen. */
  readonly #seenAtMs = new Map<string, number>();
  readonly #skewMsOf: (process: string) => number;

  constructor(ledger: Ledger, skewMsOf: (process: string) => number) {
    this.#ledger = ledger;
    this.#skewMsOf = skewMsOf;
  }

  /** @throws Violation */
  heard(entry: Entry): void {
    switch (entry.kind) {
      case 'write':
        this.#written(entry);
        break;
      case 'deliver':
        this.#delivered(entry);
        break;
      case 'handled':
        this.#handled(entry);
        break;
      case 'alarm':
        this.#rang(entry);
        break;
      case 'rung':
        this.#rung(entry);
        break;
      case 'publish':
        this.#unsaid.delete(orderIdIn(entry.event.data));
        break;
      case 'gateway':
        this.#asked(entry);
    }
  }

  #written({ table, before, after, story, atMs, process }: Kind<'write'>) {
    if (table === 'payments_payments' && story) this.#seenAtMs.set(story, atMs);
    const { orderId } = after as { orderId?: string | null };
    if (table === 'tickets_tickets' && orderId) {
      if ((before as { orderId?: string | null }).orderId === null) {
        this.#checkLock(orderId, process);
      }
      this.#locked.add(orderId);
    }
    if (table.endsWith('_ended_sessions')) {
      this.#ended.add(`${table.slice(0, -'_ended_sessions'.length)} ${after.id}`);
    }
  }

  #delivered({ event, group, attempt, process, atMs }: Kind<'deliver' | 'handled'>) {
    if (group !== 'tickets') return;
    if (event.type === 'order.created') {
      const name = `${process} ${event.subject}`;
      this.#askedAtMs.set(name, this.#askedAtMs.get(name) ?? atMs);
    }
    if (event.type !== 'order.cancelled') return;
    const versions = this.#ledger.pasts.get(ticketIdIn(event))?.length ?? 0;
    this.#versionsBefore.set(`${event.id} ${attempt}`, versions);
  }

  #handled({ event, group, attempt }: Kind<'deliver' | 'handled'>) {
    const versionsBefore = this.#versionsBefore.get(`${event.id} ${attempt}`) ?? 0;
    const seen = {
      ledger: this.#ledger,
      locked: this.#locked,
      ended: this.#ended,
      versionsBefore,
    };
    const isSo =
      event.type === 'session.ended'
        ? this.#ended.has(`${group} ${event.subject}`)
        : (EFFECTS[`${group} ${event.type}`]?.(event, seen) ?? true);
    const told = () => `${group} has acknowledged ${event.type} of ${event.subject} for nothing`;
    must('what is handled has taken effect', isSo, told);
  }

  /** By its own clock, no process locks a ticket for an order whose time was over before it was asked. */
  #checkLock(orderId: string, process: string) {
    const clockMs = (this.#askedAtMs.get(`${process} ${orderId}`) ?? 0) + this.#skewMsOf(process);
    const lateMs = clockMs - Date.parse(this.#ledger.orders.get(orderId)?.expiresAt ?? '');
    const told = () => `${process} locks a ticket for order ${orderId} ${lateMs} ms after its end`;
    must('nobody gets a lock after the end', !(lateMs >= 0), told);
  }

  /** The key of an alarm is its order. */
  #rang({ key, ring, dueAt }: Kind<'alarm'>) {
    const expiresAt = this.#ledger.orders.get(key)?.expiresAt ?? '';
    const told = () => `the alarm of order ${key} was set to ${new Date(dueAt).toISOString()}`;
    must('an alarm rings for the end of its order', Date.parse(expiresAt) === dueAt, told);
    this.#unsaid.set(key, (this.#unsaid.get(key) ?? new Set()).add(ring));
  }

  /** What a request did before it asked for the money was done before it decided to. */
  #checkInTime(paymentId: string, process: string, story: string) {
    const order = this.#ledger.orders.get(this.#ledger.orderOfPayment.get(paymentId) ?? '');
    const clockMs = (this.#seenAtMs.get(story) ?? 0) + this.#skewMsOf(process);
    const lateMs = clockMs - Date.parse(order?.expiresAt ?? '');
    const told = () => `${process} asks for the money of ${order?.id} ${lateMs} ms after its end`;
    must('nobody pays after the end', !(lateMs >= 0), told);
  }

  #rung({ key, ring }: Kind<'rung'>) {
    const isSaid = !this.#unsaid.get(key)?.has(ring);
    must('an alarm that rang is said', isSaid, () => `nobody heard of that of ${key}`);
  }

  /** Gateways forget the keys of requests after a while, but not what they have done. */
  #asked({ call, args, process, story, atMs }: Kind<'gateway'>) {
    if (call === 'confirm' && story) this.#checkInTime(String(args[0]), process, story);
    if (story) this.#seenAtMs.set(story, atMs);
    const name = `${process} ${args[0]}`;
    if (call === 'find') this.#lookedAt.add(name);
    if (call !== 'refund') return;
    const told = () => `${process} gives payment ${args[0]} back without a look at it`;
    must('who gives money back looks first', this.#lookedAt.delete(name), told);
  }
}
