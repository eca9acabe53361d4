/** Everything that must hold, looked at whenever anything happens. */
import { isDeepStrictEqual } from 'node:util';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { type AnyEvent, parseNewEvent } from '@fairseat/common/events';
import type { Entry } from '@fairseat/platform/simulated';
import { type StoredPayment, violationsIn } from '@fairseat/test-support/invariants';
import type { Exchange } from '../exchange.ts';
import { isCalm, type Plan, skewMsOf } from '../plan.ts';
import { checkAnswer } from './answers.ts';
import { Effects } from './effects.ts';
import { checkHolds } from './holds.ts';
import { GatewayKeys, IdempotencyKeys } from './idempotency.ts';
import { type Account, addressOf, Ledger, type Write } from './ledger.ts';
import { checkGateway, checkPayment } from './money.ts';
import { checkOrder } from './orders.ts';
import { Settling } from './settling.ts';
import { checkTicket } from './tickets.ts';
import { must, Violation } from './violation.ts';

export interface Found {
  invariant: string;
  message: string;
  atMs: number;
}

/** Tables of a service's own records, of which no version may be left out. */
const OWN = ['tickets_tickets', 'orders_orders', 'payments_payments', 'test_gateway_payments'];

/** Services whose every event tells of a record. */
const KEEPERS = ['tickets', 'orders', 'payments'];

/** Why a delivery may come to nothing in a healthy system. */
const EXCUSE =
  /^(NotYet|Unavailable|DuplicateKey|nothing was heard|its ack|Error: The handler was stopped)/;

export class Checkers {
  readonly ledger = new Ledger();
  readonly #effects;
  readonly #settling;
  readonly #mayMissEnds: boolean;
  /** The first violation. */
  found: Found | undefined;
  /** What went wrong in the simulator itself. */
  crash: unknown;
  readonly #rules;
  readonly #keys = new IdempotencyKeys();
  readonly #nowMs: () => number;
  readonly #gatewayKeys = new GatewayKeys();
  readonly #approved = new Set<string>();
  readonly #cancelled = new Set<string>();
  readonly #signedOut = new Set<string>();

  constructor(plan: Plan, nowMs: () => number) {
    const { latencyMs, slowMs, gatewaySlowMs } = plan.weather;
    const mostSkewMs = Math.max(...Object.values(plan.skewsMs).flat().map(Math.abs));
    const tripMs = latencyMs[1] + slowMs;
    this.#nowMs = nowMs;
    this.#effects = new Effects(this.ledger, (process) => skewMsOf(plan, process));
    this.#settling = new Settling(this.ledger, isCalm(plan));
    this.#mayMissEnds = plan.faults.some(
      (fault) => fault.kind === 'event lost' && fault.group === 'payments',
    );
    this.#rules = {
      isCalm: isCalm(plan),
      orderExpirationSeconds: plan.orderExpirationSeconds,
      mostSkewMs,
      decidedWithinMs: mostSkewMs + 10 * tripMs,
      takenWithinMs: mostSkewMs + 20 * tripMs + 4 * gatewaySlowMs + 2000,
      skewMsOf: (process: string) => skewMsOf(plan, process),
      wasApproved: (paymentId: string) => this.#approved.has(paymentId),
      wasCancelledBy: (userId: string, orderId: string) =>
        this.#cancelled.has(`${userId} ${orderId}`),
      mayHaveEnded: (cookie: string) => this.#signedOut.has(cookie),
    };
  }

  get isOver() {
    return this.found !== undefined || this.crash !== undefined;
  }

  heard(entry: Entry): void {
    this.#guard(() => this.#effects.heard(entry));
    if (entry.kind === 'write') this.#guard(() => this.#written(entry));
    else if (entry.kind === 'gateway') this.#guard(() => this.#gatewayKeys.asked(entry));
    else if (entry.kind === 'dead') {
      const { event, group, reason } = entry;
      this.fail('no dead letters', `${event.type} died at ${group}: ${reason}`);
    } else if (entry.kind === 'publish' && KEEPERS.includes(entry.event.source)) {
      this.fail('what is said is saved', `${entry.event.type} tells of no record that was saved`);
    } else if (entry.kind === 'error' && !EXCUSE.test(entry.reason)) {
      this.fail('no unexpected error', `${entry.message}: ${entry.reason}`);
    } else if (entry.kind === 'redeliver' && !EXCUSE.test(entry.reason)) {
      const { event, group, reason } = entry;
      this.fail('handlers do not fail', `${event.type} failed at ${group}: ${reason}`);
    }
  }

  asked(exchange: Exchange): void {
    const { route, id = '', body, userId, cookie } = exchange;
    if (route === 'DELETE /api/orders/:id') this.#cancelled.add(`${userId} ${id}`);
    if (route.includes('confirm') && body?.['approve'] === true) this.#approved.add(id);
    if (route === 'POST /api/users/signout' && cookie) this.#signedOut.add(cookie);
    this.#keys.asked(exchange);
  }

  answered(exchange: Exchange): void {
    this.#guard(() => {
      checkAnswer(exchange, this.ledger, this.#rules);
      this.#keys.answered(exchange);
    });
  }

  /** What a service logged as an error. */
  logged(message: string, error: unknown): void {
    const causes = error instanceof AggregateError ? error.errors : [error];
    const stacks = causes.map((cause) => (cause as Error)?.stack ?? String(cause));
    this.fail('no unexpected error', [message, ...stacks].join('\n'));
  }

  /** What is not at rest, one line each. */
  unrest(): string[] {
    const wrong = violationsIn(this.ledger.everything(), this.#nowMs());
    return wrong.filter((line) => !(this.#mayMissEnds && this.#isHarmless(line)));
  }

  /** What is wrong in the whole history of what people saw. */
  overall(exchanges: readonly Exchange[]): void {
    this.#guard(() => {
      checkHolds(exchanges, this.ledger);
      const unanswered = exchanges.find(({ reply }) => reply === undefined);
      const isAnswered = !this.#rules.isCalm || unanswered === undefined;
      must('every request is answered', isAnswered, () => `${unanswered?.route} was not`);
    });
  }

  /** What is wrong with all that came to the bus. */
  onTheBus(events: readonly AnyEvent[]): void {
    this.#guard(() => checkEvents(events, this.ledger));
  }

  fail(invariant: string, message: string): void {
    this.#guard(() => {
      throw new Violation(invariant, message);
    });
  }

  /** What was thrown: a violation, or a fault of the simulator itself. */
  broke(error: unknown): void {
    this.#guard(() => {
      throw error;
    });
  }

  /** An end that was lost is asked for again only by who has something to settle and does not know it. */
  #isHarmless(line: string): boolean {
    const id = /^stale order (\w+) in payments$/.exec(line)?.[1] ?? '';
    const payment = this.ledger.payments.get(id);
    if (payment === undefined) return false;
    return payment.charge === null || payment.order?.status === this.ledger.orders.get(id)?.status;
  }

  #guard(check: () => void) {
    if (this.isOver) return;
    try {
      check();
    } catch (error) {
      if (error instanceof Violation) {
        const { invariant, message } = error;
        this.found = { invariant, message, atMs: this.#nowMs() };
      } else this.crash = error;
    }
  }

  /** Rules look at the write before the ledger takes it in. */
  #written(write: Write) {
    const { table, before, after, events } = write;
    if (OWN.includes(table)) {
      const next = (before?.version ?? 0) + 1;
      must(
        'versions go up by one',
        after.version === next,
        () => `${table} ${after.id} went from ${before?.version} to ${after.version}`,
      );
    }
    for (const event of events) checkEvent(event, write);
    if (table === 'auth_users') checkAccount(after as Account, this.ledger);
    if (table === 'tickets_tickets') checkTicket(write, this.ledger);
    if (table === 'orders_orders') checkOrder(write, this.ledger, this.#rules);
    if (table === 'orders_listings') checkListing(write, this.ledger);
    if (table === 'payments_payments') checkPayment(write, this.ledger, this.#rules);
    if (table === 'test_gateway_payments') checkGateway(write, this.ledger, this.#rules);
    this.ledger.record(write);
    if (table === 'orders_orders' || table === 'payments_payments') {
      this.#settling.look(after.id, write.atMs);
    }
  }
}

/** An event tells of the record that was saved with it, as it then is. */
function checkEvent(event: AnyEvent, { after, table }: Write) {
  const record = table === 'payments_payments' ? (after as StoredPayment).charge : after;
  const data = event.data as { status?: string };
  const same =
    event.subject === after.id &&
    event.version === after.version &&
    data.status === (record as { status?: string } | null)?.status;
  must('an event tells the truth', same, () => `${event.type} of ${table} ${after.id}`);
}

function checkAccount(account: Account, { accountOf }: Ledger) {
  const other = accountOf.get(addressOf(account));
  const isOnly = other === undefined || other === account.id;
  must('one account an address', isOnly, () => `${account.email} has ${other} and ${account.id}`);
}

/** What orders knows of a ticket is what the ticket was, and never older than what it knew. */
function checkListing({ before, after }: Write, ledger: Ledger) {
  const owner = ledger.past<TicketRecord>(after.id, after.version);
  const { status, price } = after as TicketRecord;
  must(
    'a replica grows newer',
    owner?.status === status && owner.price === price && after.version > (before?.version ?? 0),
    () => `the listing of ticket ${after.id} went from ${before?.version} to ${after.version}`,
  );
}

/** What was saved with a record is on the bus, and all that is there tells what an event may tell and no more. */
function checkEvents(events: readonly AnyEvent[], { said }: Ledger) {
  const ids = new Set(events.map(({ id }) => id));
  const unsaid = [...said].find(([id]) => !ids.has(id));
  must('what is saved is said', unsaid === undefined, () => `${unsaid?.[1]} never came to the bus`);
  for (const event of events) {
    const told = () => `${event.type}: ${JSON.stringify(event)}`;
    must(
      'an event tells no more than it may',
      isDeepStrictEqual(parseNewEvent(event), event),
      told,
    );
  }
}
