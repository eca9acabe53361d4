/** Breaks the rules about declines after which another card may be tried, refunds that come back, and disputes. */
import { describe, expect, it } from 'vitest';
import { DECLINE, Past } from './past.ts';

const retrying = () => new Past({ decline: 'retry' });
const declined = (past: Past, declines: number) =>
  past.charging().declines(DECLINE).charge({ token: null, decline: DECLINE, declines });
const ended = (past: Past) =>
  past
    .gateway({ status: 'cancelled' })
    .charge({ status: 'failed', token: null, decline: DECLINE }, 'charge.failed');

/** Money that was taken, and given back to a bank that takes long. */
const givenBack = (refunding: string) =>
  new Past().paid().cancelled().gateway({ refundId: 're', refunding });
const refunded = (past: Past, status: string, type = 'charge.refunded') =>
  past.charge({ stripeRefundId: 're', refund: { id: 're', status, amount: 5 } }, type);

describe('what banks and buyers may do', () => {
  it.each<[string, () => Past]>([
    ['a second card after a decline', () => declined(retrying(), 1).charge({ token: 'other' })],
    ['the last card that may be declined', () => ended(declined(retrying(), 2))],
    ['a decline after which the order is over', () => ended(declined(retrying(), 1).cancelled())],
    ['the only card', () => new Past().failed()],
    [
      'a refund that comes back',
      () =>
        refunded(refunded(givenBack('fails late'), 'pending'), 'failed', 'charge.refund_failed'),
    ],
    [
      'a refund that arrives late',
      () => refunded(refunded(givenBack('arrives late'), 'pending'), 'succeeded'),
    ],
  ])('breaks no rule: %s', (_, way) => {
    expect(way().broken).toBe(undefined);
  });
});

describe.each<[rule: string, ...ways: (() => Past)[]]>([
  ['only so many cards are declined', () => declined(retrying(), 3), () => declined(new Past(), 1)],
  ['a decline leaves the order its time', () => ended(declined(retrying(), 1))],
  [
    'every change is told',
    () => refunded(refunded(givenBack('fails late'), 'pending'), 'failed', 'charge.refunded'),
    () => refunded(refunded(givenBack('arrives late'), 'pending'), 'succeeded', 'charge.completed'),
    () => {
      const dispute = { id: 'dp', status: 'open', amount: 5, reason: 'fraudulent' };
      return new Past().paid().gateway({ dispute }).charge({ dispute });
    },
  ],
  [
    'a refund is said once',
    () => refunded(refunded(givenBack('arrives late'), 'pending'), 'pending'),
  ],
  [
    'a charge tells the truth',
    () => refunded(givenBack('fails late'), 'succeeded'),
    () => refunded(new Past().paid().cancelled().gateway({ refundId: 're' }), 'pending'),
    () => new Past().paid().charge({ dispute: { status: 'open' } }, 'charge.disputed'),
  ],
  [
    'what a bank has is not given back',
    () =>
      new Past()
        .paid()
        .gateway({ dispute: { status: 'open' } })
        .cancelled()
        .gateway({ refundId: 're' }),
  ],
])('the rule "%s"', (rule, ...ways) => {
  it.each(
    ways.filter((way) => typeof way === 'function').map((way, index) => [index + 1, way] as const),
  )('is broken in way %i', (_, way) => {
    expect(way().broken).toBe(rule);
  });
});
