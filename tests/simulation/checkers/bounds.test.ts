/** Breaks the rules on how long, how often and in which words something is said. */
import type { AnyEvent } from '@fairseat/common/events';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../plan.ts';
import { at, DECLINE, Past } from './past.ts';

const later = (past: Past, ms: number) => {
  past.nowMs += ms;
  return past;
};

describe('the time of an event', () => {
  const RULE = 'an event has the time of its write';
  /** Returns what follows when the order is cancelled after two seconds, by an event of this time. */
  const saidAt = (ms: number, change?: Partial<Plan>) => {
    const past = later(new Past(change).held(), 2000);
    const before = past.record('orders_orders', 'o');
    const after = {
      ...before,
      version: before.version + 1,
      status: 'cancelled',
      reason: 'buyer',
      letGoAt: Date.parse(at(ms)),
    };
    past.exchange({ route: 'DELETE /api/orders/:id', id: 'o' });
    const said = { type: 'order.cancelled', subject: 'o', version: after.version, data: after };
    const events = [{ ...said, time: at(ms) }] as unknown as AnyEvent[];
    return past.save('orders_orders', before, after, events).broken;
  };

  it('is just before its write', () => {
    expect(saidAt(1995)).toBe(undefined);
    expect(saidAt(2001)).toBe(RULE);
    expect(saidAt(999)).toBe(RULE);
  });

  it('is by the clock of its process, also in rough weather', () => {
    const skewsMs = { orders: [300], tickets: [0], payments: [0] };
    const plan = { skewsMs, weather: { ...new Past().plan.weather, slowMs: 100 } };
    // The events before are by the right clock, which is late by that of this process.
    expect(saidAt(2300, plan)).toBe(undefined);
    expect(saidAt(2301, plan)).toBe(RULE);
  });
});

describe('the text of a decline', () => {
  const RULE = 'the text of a decline is kept';

  it('stays, and may be said again', () => {
    expect(new Past().failed().charge({}, 'charge.failed').broken).toBe(undefined);
  });

  it.each<[way: string, past: Past]>([
    ['is another than that of the gateway', new Past().failed({ ...DECLINE, message: 'No.' })],
    ['is gone later', new Past().failed().charge({ decline: null }, 'charge.failed')],
    ['is not said', failedInSilence()],
  ])('is kept: it %s', (_, past) => {
    expect(past.broken).toBe(RULE);
  });
});

function failedInSilence(): Past {
  const past = new Past().failed();
  const before = past.record('payments_payments', 'o') as ReturnType<Past['record']> & {
    charge: object;
  };
  const version = before.version + 1;
  const data = { ...before.charge, decline: null };
  const said = { type: 'charge.failed', subject: 'o', version, data, time: at(0) };
  const events = [said] as unknown as AnyEvent[];
  return past.save('payments_payments', before, { ...before, version }, events);
}

describe('saying again', () => {
  it.each<[what: string, past: Past, say: (past: Past) => Past]>([
    ['an order', new Past().sold(), (past) => past.order({}, 'order.completed')],
    ['a lock', new Past().held(), (past) => past.ticket({}, 'ticket.reserved')],
    ['a charge', new Past().paid(), (past) => past.charge({}, 'charge.completed')],
  ])('%s is bounded', (_, past, say) => {
    for (let times = 0; times < 30; times++) say(past);
    expect(past.broken).toBe(undefined);
    expect(say(past).broken).toBe('saying again is bounded');
  });

  it('does not mean edits', () => {
    const past = new Past().listed();
    for (let price = 6; price < 66; price++) past.ticket({ price }, 'ticket.updated');
    expect(past.broken).toBe(undefined);
  });
});

describe('the end of an order', () => {
  /** An order that ends so long after it was placed, though its database was away for ten seconds. */
  const endedAfter = (ms: number) => {
    const outage = { kind: 'outage', engine: 'tables', owner: 'orders' } as const;
    const elsewhere = { ...outage, owner: 'tickets' };
    const faults = [outage, elsewhere].map((fault) => ({ ...fault, atMs: 0, lastsMs: 10_000 }));
    const past = later(new Past({ faults }).held(), ms);
    const end = { status: 'cancelled', reason: 'expired', letGoAt: past.nowMs };
    return past.order(end, 'order.cancelled').broken;
  };

  it('is put off by faults only so long', () => {
    expect(endedAfter(80_000)).toBe(undefined);
    expect(endedAfter(81_000)).toBe('an order ends in time');
  });
});
