import type { AnyEvent } from '@fairseat/common/events';
import type { Entry, Happening } from '@fairseat/platform/simulated';
import { describe, expect, it } from 'vitest';
import { at, Past } from './past.ts';

const START_MS = Date.parse(at(0));

/** Passes a happening of this process, other than a write, to the checkers. */
function happen(past: Past, happening: Happening, process = 'tickets 1'): Past {
  const entry = { atMs: past.nowMs, process, story: 'a-story', ...happening };
  past.checkers.heard(entry as Entry);
  return past;
}

const event = (type: string, subject: string, data: object = {}) =>
  ({ id: `event of ${type}`, type, subject, version: 2, data }) as unknown as AnyEvent;

const acknowledged = (past: Past, group: string, delivered: AnyEvent) => {
  const about = { event: delivered, group, attempt: 1 };
  return happen(happen(past, { kind: 'deliver', ...about }), { kind: 'handled', ...about });
};

const alarm = { service: 'expiration', key: 'o', ring: 1 };
const fires = (past: Past, dueAt = START_MS + 60_000, ring = 1) =>
  happen(past, { kind: 'alarm', ...alarm, ring, dueAt });
const publishes = (past: Past) =>
  happen(past, { kind: 'publish', event: event('expiration.elapsed', 'o', { orderId: 'o' }) });
/** The alarm fires, is published, and fires once more before the first firing is over. */
const firesTwice = () => fires(publishes(fires(new Past().held())), undefined, 2);
const charging = () => new Past().charging();
const later = (past: Past, ms: number) => Object.assign(past, { nowMs: START_MS + ms });

const broken: [rule: string, ...ways: (() => Past)[]][] = [
  [
    'what is handled has taken effect',
    () =>
      acknowledged(new Past().held(), 'tickets', event('order.cancelled', 'o', { ticketId: 't' })),
    () => acknowledged(new Past().listed().ordered(), 'tickets', event('order.created', 'o')),
    () => acknowledged(new Past().held(), 'orders', event('charge.failed', 'o', { orderId: 'o' })),
    () => acknowledged(new Past().held(), 'payments', event('order.awaiting_payment', 'o')),
    () => acknowledged(new Past(), 'payments', event('session.ended', 's')),
  ],
  ['an alarm rings for the end of its order', () => fires(new Past().held(), START_MS + 1)],
  [
    'an alarm that rang is said',
    () => happen(fires(new Past().held()), { kind: 'rung', ...alarm }),
    () => happen(firesTwice(), { kind: 'rung', ...alarm, ring: 2 }),
  ],
  ['who gives money back looks first', () => new Past().asksGateway('refund', 'pi', 'k')],
  [
    'nobody pays after the end',
    () =>
      later(charging(), 60_000).asksGateway('find', 'pi').asksGateway('confirm', 'pi', 'pm', 'k'),
  ],
  [
    'nobody gets a lock after the end',
    () => {
      const past = later(new Past().listed().ordered(), 60_000);
      happen(
        past,
        { kind: 'deliver', event: event('order.created', 'o'), group: 'tickets', attempt: 2 },
        'orders 1',
      );
      return past.ticket({ status: 'reserved', orderId: 'o' }, 'ticket.reserved');
    },
  ],
  ['one card at a time', () => charging().charge({ requests: [{}] })],
  ['nobody pays twice', () => new Past().paid().charge({ requests: [{}] })],
  ['a refund is said once', () => new Past().paid().charge({}, 'charge.refunded')],
  [
    'a cancelled order is settled soon',
    () =>
      later(charging().cancelled(), 80_000)
        .gateway({ status: 'cancelled' })
        .charge({ status: 'failed', token: null }, 'charge.failed'),
  ],
  [
    'what is saved is said',
    () => {
      const past = new Past().listed();
      past.checkers.onTheBus([]);
      return past;
    },
  ],
];

describe.each(broken)('the rule "%s"', (rule, ...ways) => {
  it.each(ways.map((way, index) => [index + 1, way] as const))('is broken in way %i', (_, way) => {
    expect(way().broken).toBe(rule);
  });
});

describe('an alarm that was said and a refund that was looked at', () => {
  it('break no rule', () => {
    const past = firesTwice();
    happen(past, { kind: 'rung', ...alarm })
      .asksGateway('find', 'pi')
      .asksGateway('refund', 'pi', 'k');
    expect(past.broken).toBe(undefined);
  });
});
