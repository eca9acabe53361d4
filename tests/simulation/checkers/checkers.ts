/** Runs all checkers on everything that happens. */
import { isDeepStrictEqual } from 'node:util';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { type AnyEvent, parseNewEvent } from '@fairseat/common/events';
import type { Entry } from '@fairseat/platform/simulated';
import { type StoredPayment, violationsIn } from '@fairseat/test-support/invariants';
import type { Exchange } from '../exchange.ts';
import { ofToday } from '../next-version.ts';
import type { Plan } from '../plan.ts';
import { checkAnswer } from './answers.ts';
import { checkAsked, checkCurrency } from './currency.ts';
import { Deliveries } from './deliveries.ts';
import { Effects } from './effects.ts';
import { GoingBack } from './going-back.ts';
import { checkHolds } from './holds.ts';
import { GatewayKeys, IdempotencyKeys } from './idempotency.ts';
import { InTime } from './in-time.ts';
import { type Account, addressOf, Ledger, type Write } from './ledger.ts';
import { checkGateway, checkPayment, OnTheirWay } from './money.ts';
import { checkOrder } from './orders.ts';
import { Repeats } from './repeats.ts';
import { EXCUSE, type Rules, rulesOf } from './rules.ts';
import { Settling } from './settling.ts';
import { checkTicket } from './tickets.ts';
import { must, Violation } from './violation.ts';

export interface Found {
  invariant: string;
  message: string;
  atMs: number;
}

/** The tables of services' own records, which must have every version. */
const OWN = ['tickets_tickets', 'orders_orders', 'payments_payments', 'test_gateway_payments'];

/** The services whose every event belongs to a record. */
const KEEPERS = ['tickets', 'orders', 'payments'];

export class Checkers {
  readonly ledger = new Ledger();
  readonly #effects;
  readonly #inTime;
  readonly #goingBack = new GoingBack(this.ledger);
  readonly #deliveries: Deliveries | undefined;
  readonly #settling;
  readonly #repeats = new Repeats();
  readonly #mayMissEnds: boolean;
  /** The first violation. */
  found: Found | undefined;
  /** The error of the simulator itself. */
  crash: unknown;
  readonly #rules;
  readonly #keys = new IdempotencyKeys(this.ledger.touched);
  readonly #nowMs: () => number;
  readonly #startMs: number;
  readonly #gatewayKeys = new GatewayKeys(this.ledger);
  readonly #onTheirWay = new OnTheirWay();
  readonly #approved = new Set<string>();
  readonly #cancelled = new Set<string>();
  readonly #signedOut = new Set<string>();

  constructor(plan: Plan, nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
    const rules = rulesOf(plan);
    this.#effects = new Effects(this.ledger, (process) => rules.skewMsOf(process).least);
    this.#inTime = new InTime(plan);
    // Only the bus of months is watched like this, so that the usual runs stay quick.
    if (plan.eventsKeptMs !== undefined) this.#deliveries = new Deliveries(plan, this.ledger);
    this.#settling = new Settling(this.ledger, plan, rules.mostSkewMs);
    this.#mayMissEnds = plan.faults.some(
      (fault) => fault.kind === 'event lost' && fault.group === 'payments',
    );
    this.#rules = {
      ...rules,
      wasApproved: (paymentId: string) => this.#approved.has(paymentId),
      wasCancelledBy: (userId: string, orderId: string) =>
        this.#cancelled.has(`${userId} ${orderId}`),
      mayHaveEnded: (cookie: string) => this.#signedOut.has(cookie),
    };
  }

  get isOver() {
    return this.found !== undefined || this.crash !== undefined;
  }

  heard(happening: Entry): void {
    const entry = happening.kind === 'write' ? this.#judged(happening) : happening;
    this.#guard(() => this.#effects.heard(entry));
    this.#guard(() => this.#inTime.heard(entry));
    this.#deliveries?.heard(entry);
    if (entry.kind === 'write') this.#guard(() => this.#written(entry));
    else if (entry.kind === 'went back') this.#guard(() => this.#goingBack.wentBack(entry));
    else if (entry.kind === 'gateway') this.#guard(() => this.#askedGateway(entry));
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

  /** A process that stops in order ends its work, and waits for nothing that may come later. */
  stopped(name: string, tookMs: number): void {
    this.#guard(() => {
      const isSoon = tookMs <= this.#rules.stopsWithinMs(this.#nowMs() - tookMs - this.#startMs);
      must('a stop in order is soon over', isSoon, () => `${name} took ${tookMs} ms`);
    });
  }

  /** Receives an error that a service logged. */
  logged(message: string, error: unknown): void {
    const causes = error instanceof AggregateError ? error.errors : [error];
    const violation = causes.find((cause) => cause instanceof Violation);
    if (violation) this.broke(violation);
    const stacks = causes.map((cause) => (cause as Error)?.stack ?? String(cause));
    this.fail('no unexpected error', [message, ...stacks].join('\n'));
  }

  /** Returns a line for each thing that is not at rest. */
  unrest(): string[] {
    const wrong = [
      ...violationsIn(this.ledger.everything(), this.#nowMs()),
      ...this.#goingBack.unrest(),
      ...(this.#deliveries?.unrest() ?? []),
    ];
    return wrong
      .filter((line) => !(this.#mayMissEnds && this.#isHarmless(line)))
      .filter((line) => !this.#goingBack.mayBe(line));
  }

  /** Checks the whole history of what people saw. */
  overall(exchanges: readonly Exchange[]): void {
    this.#guard(() => {
      checkHolds(exchanges, this.ledger);
      const unanswered = exchanges.find(({ reply }) => reply === undefined);
      const isAnswered = !this.#rules.isCalm || unanswered === undefined;
      must('every request is answered', isAnswered, () => `${unanswered?.route} was not`);
    });
  }

  /** Checks all events on the bus. */
  onTheBus(events: readonly AnyEvent[]): void {
    this.#guard(() => checkEvents(events, this.ledger));
  }

  fail(invariant: string, message: string): void {
    this.#guard(() => {
      throw new Violation(invariant, message);
    });
  }

  /** Receives a thrown error: a violation, or an error of the simulator itself. */
  broke(error: unknown): void {
    this.#guard(() => {
      throw error;
    });
  }

  /** True for a stale order with nothing to settle: then payments never asks again for an end that was lost. */
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

  #askedGateway(entry: Extract<Entry, { kind: 'gateway' }>) {
    this.#gatewayKeys.asked(entry);
    this.#onTheirWay.asked(entry);
    checkAsked(entry, this.ledger, this.#rules.currency);
  }

  #judged(write: Write): Write {
    let judged = write;
    this.#guard(() => {
      judged = this.#goingBack.judged(write);
    });
    return judged;
  }

  /** Checks a write before the ledger records it. */
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
    for (const event of events) {
      checkEvent(event, write);
      checkTime(event, write, this.#rules);
    }
    if (table === 'auth_users') checkAccount(after as Account, this.ledger);
    if (table === 'tickets_tickets') checkTicket(write, this.ledger, this.#rules.saysAgain);
    if (table === 'orders_orders') checkOrder(write, this.ledger, this.#rules);
    if (table === 'orders_listings') checkListing(write, this.ledger);
    if (table === 'payments_payments') {
      checkPayment(write, this.ledger, this.#rules);
      checkCurrency(write, this.#rules.currency);
    }
    if (table === 'test_gateway_payments') checkGateway(write, this.ledger, this.#rules);
    this.#repeats.look(write);
    this.ledger.record(write);
    if (table === 'orders_orders' || table === 'payments_payments') {
      this.#settling.look(after.id, write.atMs);
    }
  }
}

/** An event must show the record saved with it, at that version. */
function checkEvent(event: AnyEvent, { after, table }: Write) {
  const record = table === 'payments_payments' ? (after as StoredPayment).charge : after;
  const data = event.data as { status?: string };
  const same =
    event.subject === after.id &&
    event.version === after.version &&
    data.status === (record as { status?: string } | null)?.status;
  must('an event tells the truth', same, () => `${event.type} of ${table} ${after.id}`);
}

/** By the clock of its process, an event is decided before it is saved, and not long before. */
function checkTime({ type, time }: AnyEvent, write: Write, rules: Rules) {
  const { least, most } = rules.skewMsOf(write.process);
  const ageMs = write.atMs - Date.parse(time);
  const isOfNow = ageMs + most >= 0 && ageMs + least <= rules.savedWithinMs;
  const message = () => `${type} of ${write.after.id} was saved ${ageMs + most} ms after its time`;
  must('an event has the time of its write', isOfNow, message);
}

function checkAccount(account: Account, { accountOf }: Ledger) {
  const other = accountOf.get(addressOf(account));
  const isOnly = other === undefined || other === account.id;
  must('one account an address', isOnly, () => `${account.email} has ${other} and ${account.id}`);
}

/** A listing in orders must be a version of its ticket, and newer than the one before. */
function checkListing({ before, after }: Write, ledger: Ledger) {
  const owner = ledger.past<TicketRecord>(after.id, after.version);
  const { status, price } = after as TicketRecord;
  must(
    'a replica grows newer',
    owner?.status === status && owner.price === price && after.version > (before?.version ?? 0),
    () => `the listing of ticket ${after.id} went from ${before?.version} to ${after.version}`,
  );
}

/** Every event saved with a record must be on the bus, and events there must have no field beyond their schema. */
function checkEvents(events: readonly AnyEvent[], { said }: Ledger) {
  const ids = new Set(events.map(({ id }) => id));
  const missing = [...said].find(([id]) => !ids.has(id));
  must(
    'what is saved is said',
    missing === undefined,
    () => `${missing?.[1]} never came to the bus`,
  );
  for (const event of events.map(ofToday)) {
    const message = () => `${event.type}: ${JSON.stringify(event)}`;
    must(
      'an event tells no more than it may',
      isDeepStrictEqual(parseNewEvent(event), event),
      message,
    );
  }
}
