/** Breaks the rules about money that is held first, and taken once the ticket is the buyer's. */
import { describe, expect, it } from 'vitest';
import { at, Past } from './past.ts';

const MINUTE_MS = 60_000;
const later = (past: Past, ms: number) => {
  past.nowMs += ms;
  return past;
};

describe('money that is held', () => {
  it('breaks no rule when it is taken for a secured order', () => {
    const past = new Past().captured();
    expect(past.order({ status: 'completed' }, 'order.completed').broken).toBe(undefined);
  });

  it('breaks no rule when it is given back', () => {
    const voided = (past: Past) =>
      past.gateway({ status: 'cancelled' }).charge({ status: 'failed' }, 'charge.failed');
    expect(voided(new Past().authorized().cancelled()).broken).toBe(undefined);
    expect(voided(new Past().secured()).cancelled('payment_failed').broken).toBe(undefined);
  });

  it('may be said again, as that an order is secured', () => {
    const past = new Past().secured().order({}, 'order.secured').charge({}, 'charge.authorized');
    expect(past.broken).toBe(undefined);
  });

  it('is waited for while it is on its way, whoever else cancels', () => {
    const onItsWay = () =>
      new Past().charging().gateway({ status: 'processing', confirmations: ['k'] });
    expect(onItsWay().asksGateway('cancel', 'pi').broken).toBe(undefined);
    expect(onItsWay().gateway({ status: 'succeeded' }).broken).toBe(undefined);
  });
});

describe.each<[rule: string, ...ways: ((past: Past) => Past)[]]>([
  [
    'held money is taken for a secured order',
    (past) => past.authorized().gateway({ status: 'succeeded' }),
    (past) => past.authorized().cancelled().gateway({ status: 'succeeded' }),
  ],
  ['money that was held is taken for good', (past) => past.captured().cancelled('payment_failed')],
  [
    'an order is secured by money that is held',
    (past) => past.held().order({ securedAt: at(0) }, 'order.secured'),
    (past) => past.charging().order({ securedAt: at(0) }, 'order.secured'),
    (past) =>
      past
        .authorized()
        .gateway({ status: 'cancelled' })
        .order({ securedAt: at(0) }, 'order.secured'),
  ],
  [
    'a secured order is its buyer’s',
    (past) => past.secured().cancelled(),
    (past) => {
      past.exchange({ route: 'DELETE /api/orders/:id', id: 'o' });
      return past.secured().cancelled('buyer');
    },
  ],
  [
    'an order stays what it is',
    (past) => past.secured().order({ securedAt: at(1) }, 'order.secured'),
  ],
  [
    'every change is told',
    (past) => past.authorized().order({ securedAt: at(0) }, 'order.awaiting_payment'),
    (past) =>
      past
        .charging()
        .gateway({ status: 'authorized', captureBefore: 1, confirmations: ['k'] })
        .charge({ authorizedAt: at(0) }),
  ],
  [
    'a charge tells the truth',
    (past) => past.charging().charge({ authorizedAt: at(0) }, 'charge.authorized'),
  ],
  ['one card at a time', (past) => past.authorized().charge({ requests: [{}] })],
  [
    'the gateway is asked with one key',
    (past) => past.asksGateway('capture', 'pi', 'k').asksGateway('capture', 'pi', 'l'),
  ],
  [
    'what is on its way is waited for',
    (past) =>
      past
        .charging()
        .gateway({ status: 'processing', confirmations: ['k'] })
        .asksGateway('find', 'pi')
        .asksGateway('cancel', 'pi'),
  ],
  [
    'legal states',
    (past) =>
      past
        .charging()
        .gateway({ status: 'processing', confirmations: ['k'] })
        .gateway({ status: 'cancelled' }),
  ],
  [
    'held money is settled soon',
    (past) =>
      later(past.authorized(), 2 * MINUTE_MS)
        .gateway({ status: 'cancelled' })
        .charge({ status: 'failed' }, 'charge.failed'),
  ],
  [
    'a secured order ends soon',
    (past) =>
      later(past.captured(), 2 * MINUTE_MS).order({ status: 'completed' }, 'order.completed'),
  ],
])('the rule "%s"', (rule, ...ways) => {
  it.each(
    ways.filter((way) => typeof way === 'function').map((way, index) => [index + 1, way] as const),
  )('is broken in way %i', (_, way) => {
    expect(way(new Past()).broken).toBe(rule);
  });
});
