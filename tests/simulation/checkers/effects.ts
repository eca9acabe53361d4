/** Checks that acknowledged work was done: every event has its effect, and every alarm is published. */
import { isDeepStrictEqual } from 'node:util';
import type { AnyEvent } from '@fairseat/common/events';
import type { Entry } from '@fairseat/platform/simulated';
import type { StoredPayment } from '@fairseat/test-support/invariants';
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
  /** The version of its ticket when the event was delivered. */
  versionBefore: number;
}

const hasStarted: Effect = ({ data }, { ledger }) =>
  ledger.orders.get(orderIdIn(data))?.status !== 'created';
const isDecided: Effect = ({ data }, { ledger }) => {
  const order = ledger.orders.get(orderIdIn(data));
  return order?.securedAt !== undefined || order?.status !== 'awaiting_payment';
};
const hasEnded: Effect = ({ data }, { ledger }) => !ledger.unended.has(orderIdIn(data));
const isListed: Effect = ({ subject, version }, { ledger }) =>
  (ledger.listings.get(subject)?.version ?? 0) >= version;
const isNoted: Effect = ({ subject, version }, { ledger }) =>
  (ledger.payments.get(subject)?.order?.version ?? 0) >= version;

/** The effect of each event once its group has acknowledged it. Events that are not listed have none to be seen. */
const EFFECTS: Record<string, Effect> = {
  'orders ticket.created': isListed,
  'orders ticket.updated': isListed,
  'orders ticket.withdrawn': isListed,
  'orders ticket.released': isListed,
  'orders ticket.sold': isListed,
  'orders ticket.reserved': hasStarted,
  'orders ticket.refused': hasStarted,
  'orders charge.authorized': isDecided,
  'orders charge.completed': hasEnded,
  'orders charge.failed': hasEnded,
  'payments order.awaiting_payment': isNoted,
  'payments order.secured': isNoted,
  'payments order.cancelled': isNoted,
  'payments order.completed': isNoted,
  'tickets order.created': ({ subject }, { ledger, locked }) =>
    locked.has(subject) || ledger.refused.has(subject),
  // The lock may be newer than the event: orders will say that end again.
  'tickets order.cancelled': (event, { ledger, versionBefore }) =>
    (ledger.pasts.get(ticketIdIn(event)) ?? [])
      .filter(({ version }) => version >= versionBefore)
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
  readonly #versionBefore = new Map<string, number>();
  /** By order: the firings of its alarm after whose begin nothing was published yet. */
  readonly #unpublished = new Map<string, Set<number>>();
  /** Payments that a process has looked up since its last refund of them. */
  readonly #lookedAt = new Set<string>();

  /** The time at which a process first received the request for an order's lock. */
  readonly #askedAtMs = new Map<string, number>();
  /** The time of a story's last save or call to the gateway. */
  readonly #seenAtMs = new Map<string, number>();
  /** By story: the decline in what it was last told of a payment, if any. */
  readonly #declines = new Map<string, object | undefined>();
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
        this.#unpublished.delete(orderIdIn(entry.event.data));
        break;
      case 'gateway':
        this.#asked(entry);
    }
  }

  #written({ table, before, after, story, atMs, process }: Kind<'write'>) {
    if (table === 'payments_payments' && story) {
      this.#seenAtMs.set(story, atMs);
      this.#checkDecline(before as StoredPayment | undefined, after as StoredPayment, story);
    }
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
    const version = this.#ledger.latest(ticketIdIn(event));
    this.#versionBefore.set(`${event.id} ${attempt}`, version);
  }

  #handled({ event, group, attempt }: Kind<'deliver' | 'handled'>) {
    const versionBefore = this.#versionBefore.get(`${event.id} ${attempt}`) ?? 0;
    const seen = {
      ledger: this.#ledger,
      locked: this.#locked,
      ended: this.#ended,
      versionBefore,
    };
    const isSo =
      event.type === 'session.ended'
        ? this.#ended.has(`${group} ${event.subject}`)
        : (EFFECTS[`${group} ${event.type}`]?.(event, seen) ?? true);
    const message = () => `${group} has acknowledged ${event.type} of ${event.subject} for nothing`;
    must('what is handled has taken effect', isSo, message);
  }

  /** By its own clock, no process locks a ticket for an order whose time was over before it was asked. */
  #checkLock(orderId: string, process: string) {
    const clockMs = (this.#askedAtMs.get(`${process} ${orderId}`) ?? 0) + this.#skewMsOf(process);
    const lateMs = clockMs - Date.parse(this.#ledger.orders.get(orderId)?.expiresAt ?? '');
    const message = () =>
      `${process} locks a ticket for order ${orderId} ${lateMs} ms after its end`;
    must('nobody gets a lock after the end', !(lateMs >= 0), message);
  }

  /** The key of an alarm is the id of its order. */
  #rang({ key, ring, dueAt }: Kind<'alarm'>) {
    const expiresAt = this.#ledger.orders.get(key)?.expiresAt ?? '';
    const message = () => `the alarm of order ${key} was set to ${dueAt} ms`;
    must('an alarm rings for the end of its order', Date.parse(expiresAt) === dueAt, message);
    this.#unpublished.set(key, (this.#unpublished.get(key) ?? new Set()).add(ring));
  }

  /** A request decides to confirm after its last seen step, so that step must be before the order's end. */
  #checkInTime(paymentId: string, process: string, story: string) {
    const order = this.#ledger.orders.get(this.#ledger.orderOfPayment.get(paymentId) ?? '');
    const clockMs = (this.#seenAtMs.get(story) ?? 0) + this.#skewMsOf(process);
    const lateMs = clockMs - Date.parse(order?.expiresAt ?? '');
    const message = () =>
      `${process} asks for the money of ${order?.id} ${lateMs} ms after its end`;
    must('nobody pays after the end', !(lateMs >= 0), message);
  }

  /** The charge fails with the very text that the gateway gave for it. */
  #checkDecline(before: StoredPayment | undefined, { id, charge }: StoredPayment, story: string) {
    const given = this.#declines.get(story);
    if (!given || charge?.status !== 'failed' || before?.charge?.status === 'failed') return;
    const isKept = isDeepStrictEqual(charge.decline, given);
    const message = () => `the charge of order ${id} failed: ${JSON.stringify(charge.decline)}`;
    must('the text of a decline is kept', isKept, message);
  }

  #rung({ key, ring }: Kind<'rung'>) {
    const isPublished = !this.#unpublished.get(key)?.has(ring);
    must('an alarm that rang is said', isPublished, () => `nobody heard of that of ${key}`);
  }

  /** Gateways forget idempotency keys after a while, so a refund must look first whether it was made. */
  #asked({ call, args, answer, process, story, atMs }: Kind<'gateway'>) {
    const { decline } = answer as { decline?: object };
    if (story && call !== 'cancel') this.#declines.set(story, decline);
    if (call === 'confirm' && story) this.#checkInTime(String(args[0]), process, story);
    if (story) this.#seenAtMs.set(story, atMs);
    const name = `${process} ${args[0]}`;
    if (call === 'find') this.#lookedAt.add(name);
    if (call !== 'refund') return;
    const message = () => `${process} gives payment ${args[0]} back without a look at it`;
    must('who gives money back looks first', this.#lookedAt.delete(name), message);
  }
}
