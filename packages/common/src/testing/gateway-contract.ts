/** The contract suite of `PaymentGateway` in test mode, with the payment methods that tests pay with. */
import { describe, expect, it } from 'vitest';
import { Unavailable } from '../errors.ts';
import type { PaymentGateway, Platform } from '../ports/index.ts';
import { type Harness, type OpenHarness, onPlatform } from './harness.ts';

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
  /** How long money is held, by the clock of the test. */
  heldMs?: number;
  /** Nobody can answer for the buyer. */
  unanswered?: true;
}

const order = { key: 'charge-1', orderId: '0'.repeat(32), amount: 4990, currency: 'usd' };
const HOLDS = 'pm_card_visa';

/** Asks 20 times at once. */
const often = <T>(ask: () => Promise<T>) => Promise.all(Array.from({ length: 20 }, ask));

/** For any gateway in test mode: `authenticate` stands for the buyer where the gateway does not. */
export function gatewayContract(
  kind: string,
  openHarness: OpenHarness,
  tricks: GatewayTricks = {},
  authenticate?: NonNullable<PaymentGateway['authenticate']>,
) {
  type Run = (gateway: PaymentGateway, harness: Harness, platform: Platform) => Promise<void>;
  const test = (name: string, run: Run) =>
    it(name, () =>
      onPlatform(openHarness, async (harness) => {
        const platform = await harness.open();
        await run(platform.gateway, harness, platform);
      }),
    );
  const testWith = <T>(trick: T | undefined, name: string, run: (trick: T) => Run) => {
    if (trick !== undefined) test(name, run(trick));
  };
  const held = async (gateway: PaymentGateway, token = HOLDS) => {
    const { id } = await gateway.open(order);
    return gateway.confirm(id, token, 'confirm-1', order.orderId);
  };

  describe(`the payment gateway of the ${kind} platform`, () => {
    test('says that it is for tests', async (gateway) => {
      expect(gateway.testMode).toBe(true);
    });

    test('opens one payment for one key', async (gateway) => {
      const opened = await often(() => gateway.open(order));
      expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
      expect(opened[0]).toMatchObject({ status: 'unconfirmed', amount: 4990 });
      expect((await gateway.open({ ...order, key: 'charge-2' })).id).not.toBe(opened[0]?.id);
    });

    for (const token of [HOLDS, 'pm_card_mastercard']) {
      test(`holds the money of ${token}, and takes it once, however often it is asked`, async (gateway, {
        clock,
      }) => {
        const { id } = await gateway.open(order);
        const answers = await often(() => gateway.confirm(id, token, 'confirm-1', order.orderId));
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['authorized']));
        const found = await gateway.find(id);
        expect(found).toMatchObject({ status: 'authorized', amount: 4990 });
        expect(found.captureBefore ?? clock.now()).toBeGreaterThanOrEqual(clock.now());
        const captured = await often(() => gateway.capture(id, 'capture-1'));
        expect(new Set(captured.map(({ status }) => status))).toEqual(new Set(['succeeded']));
        expect(await gateway.find(id)).toMatchObject({ status: 'succeeded', amount: 4990 });
        expect(await gateway.capture(id, 'capture-2')).toMatchObject({ status: 'succeeded' });
        expect((await gateway.confirm(id, token, 'confirm-2', order.orderId)).status).toBe(
          'succeeded',
        );
      });
    }

    test('takes nothing that is not held', async (gateway) => {
      const { id } = await gateway.open(order);
      expect((await gateway.capture(id, 'capture-1')).status).toBe('unconfirmed');
      await gateway.confirm(id, 'pm_card_chargeDeclined', 'confirm-1', order.orderId);
      expect((await gateway.capture(id, 'capture-2')).status).toBe('unconfirmed');
      expect((await gateway.find(id)).status).toBe('unconfirmed');
    });

    test('gives back for good what is held', async (gateway) => {
      const { id } = await held(gateway);
      const answers = await often(() => gateway.cancel(id));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['cancelled']));
      expect((await gateway.capture(id, 'capture-1')).status).toBe('cancelled');
      expect((await gateway.confirm(id, HOLDS, 'confirm-2', order.orderId)).status).toBe(
        'cancelled',
      );
      expect((await gateway.find(id)).status).toBe('cancelled');
    });

    test('takes what is held or gives it back, if it is asked for both at once', async (gateway) => {
      const { id } = await held(gateway);
      const [captured, cancelled] = await Promise.all([
        gateway.capture(id, 'capture-1'),
        gateway.cancel(id),
      ]);
      const { status } = await gateway.find(id);
      expect(['succeeded', 'cancelled']).toContain(status);
      expect([captured.status, cancelled.status]).toEqual([status, status]);
    });

    for (const [token, code] of [
      ['pm_card_chargeDeclined', 'card_declined'],
      ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ] as const) {
      test(`declines ${token} and could still be confirmed until it is cancelled`, async (gateway) => {
        const { id } = await gateway.open(order);
        const declined = await gateway.confirm(id, token, 'confirm-1', order.orderId);
        expect(declined).toMatchObject({ status: 'unconfirmed', decline: { code } });
        expect(await gateway.cancel(id)).toMatchObject({ status: 'cancelled' });
        expect(await gateway.confirm(id, HOLDS, 'confirm-2', order.orderId)).toMatchObject({
          status: 'cancelled',
        });
      });
    }

    for (const approve of [true, false]) {
      test(`asks the buyer, who ${approve ? 'approves' : 'refuses'}`, async (gateway) => {
        const asked = await held(gateway, 'pm_card_authenticationRequired');
        expect(asked.status).toBe('requires_action');
        expect(asked.nextAction).toBeDefined();
        if (tricks.unanswered) return;
        const answer = authenticate ?? gateway.authenticate;
        const answered = await answer?.(asked.id, approve);
        expect(answered?.status).toBe(approve ? 'authorized' : 'unconfirmed');
        expect(answered?.decline === undefined).toBe(approve);
        expect(await gateway.find(asked.id)).toEqual(answered);
      });
    }

    test('cannot cancel what has succeeded', async (gateway) => {
      const { id } = await held(gateway);
      await gateway.capture(id, 'capture-1');
      expect((await gateway.cancel(id)).status).toBe('succeeded');
    });

    test('refunds once for one key', async (gateway) => {
      const { id } = await held(gateway);
      await gateway.capture(id, 'capture-1');
      const refunds = await often(() => gateway.refund(id, 'refund-1'));
      expect(new Set(refunds.map((refund) => refund.id)).size).toBe(1);
      expect((await gateway.find(id)).refundId).toBe(refunds[0]?.id);
    });

    test('refuses a payment method that it does not know, and takes nothing', async (gateway) => {
      const { id } = await gateway.open(order);
      for (const token of ['pm_unknown', 'constructor', '__proto__']) {
        await expect(gateway.confirm(id, token, 'confirm-1', order.orderId)).rejects.toMatchObject({
          status: 400,
        });
      }
      expect((await gateway.find(id)).status).toBe('unconfirmed');
    });

    test('remembers what it was asked across a crash', async (gateway, harness, platform) => {
      const { id } = await held(gateway);
      await gateway.capture(id, 'capture-1');
      const refund = await gateway.refund(id, 'refund-1');
      await harness.crash(platform);
      const again = (await harness.open()).gateway;
      expect((await again.open(order)).id).toBe(id);
      expect((await again.find(id)).status).toBe('succeeded');
      expect(await again.refund(id, 'refund-1')).toEqual(refund);
    });

    testWith(tricks.answerLost, 'tells what is true after an answer was lost', (token) => {
      return async (gateway) => {
        const { id } = await gateway.open(order);
        const confirm = () => gateway.confirm(id, token, 'confirm-1', order.orderId);
        await expect(confirm()).rejects.toThrow(Unavailable);
        expect((await gateway.find(id)).status).toBe('authorized');
        expect((await confirm()).status).toBe('authorized');
      };
    });

    testWith(tricks.unavailable, 'holds nothing while it is unavailable', (token) => {
      return async (gateway) => {
        const { id } = await gateway.open(order);
        await expect(gateway.confirm(id, token, 'confirm-1', order.orderId)).rejects.toThrow(
          Unavailable,
        );
        expect((await gateway.find(id)).status).toBe('unconfirmed');
      };
    });

    testWith(tricks.takesAtOnce, 'takes the money at once where nothing can be held', (token) => {
      return async (gateway) => {
        const { id, status } = await held(gateway, token);
        expect(status).toBe('succeeded');
        expect((await gateway.capture(id, 'capture-1')).status).toBe('succeeded');
        expect((await gateway.cancel(id)).status).toBe('succeeded');
      };
    });

    testWith(
      tricks.processing,
      'cannot take back what is on its way',
      ({ token, arrivesAfterMs }) => {
        return async (gateway, { clock }) => {
          const { id, status } = await held(gateway, token);
          expect(status).toBe('processing');
          expect((await gateway.cancel(id)).status).toBe('processing');
          expect((await gateway.confirm(id, HOLDS, 'confirm-2', order.orderId)).status).toBe(
            'processing',
          );
          clock.advance(arrivesAfterMs);
          await expect.poll(async () => (await gateway.find(id)).status).toBe('succeeded');
        };
      },
    );

    testWith(
      tricks.captureRefused,
      'says that a capture is refused, and still gives back',
      (token) => {
        return async (gateway) => {
          const { id } = await held(gateway, token);
          expect((await gateway.capture(id, 'capture-1')).status).toBe('authorized');
          expect((await gateway.cancel(id)).status).toBe('cancelled');
        };
      },
    );

    testWith(tricks.heldMs, 'lets go by itself what is held for too long', (heldMs) => {
      return async (gateway, { clock }) => {
        const { id, captureBefore = 0 } = await held(gateway);
        const another = await gateway.open({ ...order, key: 'charge-2' });
        await gateway.confirm(another.id, HOLDS, 'confirm-2', order.orderId);
        expect(captureBefore - clock.now()).toBeGreaterThan(heldMs - 60_000);
        clock.advance(heldMs);
        await expect.poll(async () => (await gateway.find(id)).status).toBe('cancelled');
        expect((await gateway.capture(another.id, 'capture-1')).status).toBe('cancelled');
      };
    });
  });
}
