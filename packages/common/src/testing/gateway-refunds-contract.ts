/** The part of the contract suite of `PaymentGateway` that is about money after it was taken, and about lists. */
import { expect } from 'vitest';
import type { Refund } from '../contracts/charge.ts';
import type { GatewayPayment, ListedPayment, PaymentGateway, Platform } from '../ports/index.ts';
import type { Harness } from './harness.ts';

/** What some gateways can be made to do in tests: payment methods, each for a case that others cannot show. */
export interface GatewayTricks {
  /** Its first answer is lost, once the money is held. */
  answerLost?: string;
  /** The gateway cannot be reached. */
  unavailable?: string;
  /** The money is taken at once. */
  takesAtOnce?: string;
  /** The money is on its way, and arrives after so long by the clock of the test. */
  processing?: { token: string; arrivesAfterMs: number };
  /** The money is held, and every capture is refused. */
  captureRefused?: string;
  /** The money is taken, now or by a capture; a refund is pending for so long and then arrives, by the clock of the test. */
  refundPending?: { token: string; endsAfterMs: number };
  /** The same, but a refund seems to have arrived, and comes back after so long. */
  refundFails?: { token: string; endsAfterMs: number };
  /** The money is taken, and after so long the buyer asks their bank for it. */
  disputed?: { token: string; afterMs: number };
  /** How long money is held, by the clock of the test. */
  heldMs?: number;
  /** Nobody can answer for the buyer. */
  unanswered?: true;
}

export const order = { key: 'charge-1', orderId: '0'.repeat(32), amount: 4990, currency: 'usd' };
export type Run = (gateway: PaymentGateway, harness: Harness, platform: Platform) => Promise<void>;

interface Suite {
  test(name: string, run: Run): void;
  testWith<T>(trick: T | undefined, name: string, run: (trick: T) => Run): void;
  /** A payment that was confirmed with this token. */
  held(gateway: PaymentGateway, token?: string): Promise<GatewayPayment>;
}

export function givenBack({ test, testWith, held }: Suite, tricks: GatewayTricks) {
  const refundThatEnds =
    (first: Refund['status'], last: Refund['status']) =>
    ({ token, endsAfterMs }: { token: string; endsAfterMs: number }): Run =>
    async (gateway, { clock }) => {
      const { id } = await held(gateway, token);
      await gateway.capture(id, 'capture-1');
      const refund = await gateway.refund(id, 'refund-1');
      const told = { ...refund, amount: 4990 };
      const refundNow = async () => (await gateway.find(id)).refund;
      expect(await refundNow()).toEqual({ ...told, status: first });
      clock.advance(endsAfterMs);
      await expect.poll(refundNow).toEqual({ ...told, status: last });
    };
  testWith(
    tricks.refundPending,
    'tells that a refund is on its way',
    refundThatEnds('pending', 'succeeded'),
  );
  testWith(
    tricks.refundFails,
    'tells that a refund came back',
    refundThatEnds('succeeded', 'failed'),
  );

  testWith(
    tricks.disputed,
    'tells of a dispute',
    ({ token, afterMs }) =>
      async (gateway, { clock }) => {
        const { id } = await held(gateway, token);
        expect((await gateway.capture(id, 'capture-1')).status).toBe('succeeded');
        clock.advance(afterMs);
        const dispute = async () => (await gateway.find(id)).dispute;
        await expect.poll(dispute).toMatchObject({ status: 'open', amount: 4990 });
      },
  );

  test('lists what was opened, with its order and currency', async (gateway, { clock }) => {
    const { id } = await held(gateway);
    const list = async (since: number) => {
      const listed: ListedPayment[] = [];
      for await (const payment of gateway.list?.(since) ?? []) listed.push(payment);
      return listed;
    };
    const { orderId, currency } = order;
    const found = await gateway.find(id);
    expect(await list(clock.now() - 1000)).toContainEqual({ ...found, orderId, currency });
    expect((await list(clock.now() + 1000)).map((each) => each.id)).not.toContain(id);
  });
}
