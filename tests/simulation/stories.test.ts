/** The story of an order, told from the log of the bus alone, against the tape of what was saved. */
import { type AnyEvent, subjectOf } from '@fairseat/common/events';
import type { Entry } from '@fairseat/platform/simulated';
import type { StoredPayment } from '@fairseat/test-support/invariants';
import { describe, expect, it } from 'vitest';
import { type Story, story } from '../../scripts/events/story.ts';
import { Ledger, type Write } from './checkers/ledger.ts';
import { createPlan, type PlanOptions } from './plan.ts';
import { run } from './run.ts';

const SEEDS = { simulated: 175, embedded: 25 };
/** Later than any order of a run may be paid. */
const LATER_MS = 3_600_000;
const PATIENT = { timeout: 120_000 };

interface Tape {
  ledger: Ledger;
  /** By order: the ids of the events that were saved with what concerns it. */
  saidOf: Map<string, Set<string>>;
  log: readonly AnyEvent[];
  nowMs: number;
}

/** Whose records a write changes, by the records themselves. */
function ordersOf({ table, before, after, events }: Write): (string | null | undefined)[] {
  if (table === 'orders_orders' || table === 'payments_payments') return [after.id];
  if (table !== 'tickets_tickets') return [];
  const holder = (ticket: unknown) => (ticket as { orderId?: string | null } | undefined)?.orderId;
  const refused = events.map(({ data }) => (data as { refusal?: { orderId: string } }).refusal);
  const one = refused.find((refusal) => refusal !== undefined)?.orderId;
  return [one ?? holder(after) ?? holder(before)];
}

async function taped(seed: number, options: PlanOptions): Promise<Tape> {
  const tape: Tape = { ledger: new Ledger(), saidOf: new Map(), log: [], nowMs: 0 };
  const say = (orderId: string, ids: string[]) => {
    tape.saidOf.set(orderId, new Set([...(tape.saidOf.get(orderId) ?? []), ...ids]));
  };
  const { found, crash } = await run(createPlan(seed, options), {
    onEntry(entry: Entry) {
      if (entry.kind === 'publish' && entry.event.type === 'expiration.elapsed') {
        say(entry.event.data.orderId, [entry.event.id]);
      }
      if (entry.kind !== 'write') return;
      tape.ledger.record(entry);
      const ids = entry.events.map(({ id }) => id);
      for (const orderId of ordersOf(entry)) if (orderId) say(orderId, ids);
    },
    onEnd: (log, nowMs) => Object.assign(tape, { log, nowMs }),
  });
  expect({ seed, found, crash }).toEqual({ seed, found: undefined, crash: undefined });
  return tape;
}

/** The log by the orders and tickets that its events name, so that not every story goes through all of it. */
function byName(log: readonly AnyEvent[]) {
  const events = new Map<string, AnyEvent[]>();
  for (const event of log) {
    const { orderId, refusal } = event.data as {
      orderId?: string | null;
      refusal?: { orderId: string };
    };
    for (const id of new Set([event.subject, orderId, refusal?.orderId])) {
      if (id) events.set(id, [...(events.get(id) ?? []), event]);
    }
  }
  return (...ids: string[]) => ids.flatMap((id) => events.get(id) ?? []);
}

const LOCK: Record<string, Story['lock']> = { reserved: 'held', sold: 'sold' };

function onTape({ ledger, saidOf }: Tape, orderId: string) {
  const { status, reason, ticketId } = ledger.orders.get(orderId) ?? {};
  const charge = ledger.payments.get(orderId)?.charge as StoredPayment['charge'] | undefined;
  const past = (ledger.pasts.get(ticketId ?? '') ?? []) as unknown as { orderId: string | null }[];
  const ticket = ledger.tickets.get(ticketId ?? '');
  const unlocked = ledger.refused.has(orderId) ? 'refused' : 'none';
  const wasHeld = past.some((each) => each.orderId === orderId) ? 'released' : unlocked;
  const lock = ticket?.orderId === orderId ? LOCK[ticket.status] : wasHeld;
  const money = charge && charge.status !== 'created' ? charge.status : undefined;
  return { status, reason, lock, money, said: [...(saidOf.get(orderId) ?? [])].sort() };
}

function asTold({ order, lock, money, events }: Story) {
  const { status, reason } = order ?? {};
  const said = events.map(({ id }) => id).sort();
  return { status, reason, lock, money: money?.charge.status, said };
}

/** Each of them ends something, so that a story without it must say that it is missing. */
const ENDS = [
  'order.completed',
  'order.cancelled',
  'ticket.sold',
  'ticket.released',
  'charge.refunded',
];

describe('the story of an order', () => {
  it.each(Object.entries(SEEDS) as ['simulated' | 'embedded', number][])(
    'on the %s platform equals the tape over %i seeds, misses nothing at rest, and any end that did not come',
    PATIENT,
    async (platform, seeds) => {
      const ended = new Map(ENDS.map((type) => [type, 0]));
      for (let seed = 1; seed <= seeds; seed++) {
        const tape = await taped(seed, { steps: 50, faults: 'all', platform });
        const named = byName(tape.log);
        for (const [orderId, { ticketId }] of tape.ledger.orders) {
          const log = named(orderId, ticketId);
          const whole = story(log, tape.nowMs, orderId);
          expect({ seed, ...asTold(whole) }).toEqual({ seed, ...onTape(tape, orderId) });
          expect({ seed, orderId, missing: whole.missing }).toEqual({ seed, orderId, missing: [] });
          for (const type of ENDS.filter((end) => whole.events.some((each) => each.type === end))) {
            const cut = log.filter((event) => event.type !== type);
            const { missing } = story(cut, tape.nowMs + LATER_MS, orderId);
            expect({ seed, orderId, missing: missing.flatMap(({ types }) => types) }).toEqual({
              ...{ seed, orderId, missing: expect.arrayContaining([type]) },
            });
            ended.set(type, (ended.get(type) ?? 0) + 1);
          }
        }
        for (const { type, subject, data } of tape.log) {
          expect(subject).toBe((data as Record<string, unknown>)[subjectOf(type)]);
        }
      }
      expect(Math.min(...ended.values())).toBeGreaterThan(0);
    },
  );
});
