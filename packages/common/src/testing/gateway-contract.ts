/** The contract suite of `PaymentGateway` in test mode, with the payment methods that tests pay with. */
import { describe, expect, it } from 'vitest';
import { Unavailable } from '../errors.ts';
import type { PaymentGateway, Platform } from '../ports/index.ts';
import { type Harness, type OpenHarness, onPlatform } from './harness.ts';

const order = { key: 'charge-1', orderId: '0'.repeat(32), amount: 4990, currency: 'usd' };

export function gatewayContract(kind: string, openHarness: OpenHarness) {
  const test = (
    name: string,
    run: (gateway: PaymentGateway, harness: Harness, platform: Platform) => Promise<void>,
  ) =>
    it(name, () =>
      onPlatform(openHarness, async (harness) => {
        const platform = await harness.open();
        await run(platform.gateway, harness, platform);
      }),
    );

  describe(`the payment gateway of the ${kind} platform`, () => {
    test('says that it is for tests', async (gateway) => {
      expect(gateway.testMode).toBe(true);
      expect((await gateway.open(order)).id).toMatch(/test/);
    });

    test('opens one payment for one key', async (gateway) => {
      const opened = await Promise.all(Array.from({ length: 20 }, () => gateway.open(order)));
      expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
      expect(opened[0]).toMatchObject({ status: 'unconfirmed', amount: 4990 });
      expect((await gateway.open({ ...order, key: 'charge-2' })).id).not.toBe(opened[0]?.id);
    });

    for (const token of ['pm_card_visa', 'pm_card_mastercard']) {
      test(`takes the money of ${token} once, however often it is asked`, async (gateway) => {
        const { id } = await gateway.open(order);
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => gateway.confirm(id, token, 'confirm-1')),
        );
        expect(answers.every(({ status }) => status === 'succeeded')).toBe(true);
        expect(await gateway.find(id)).toMatchObject({ status: 'succeeded', amount: 4990 });
      });
    }

    for (const [token, code] of [
      ['pm_card_chargeDeclined', 'card_declined'],
      ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ] as const) {
      test(`declines ${token} and could still be confirmed until it is cancelled`, async (gateway) => {
        const { id } = await gateway.open(order);
        const declined = await gateway.confirm(id, token, 'confirm-1');
        expect(declined).toMatchObject({ status: 'unconfirmed', decline: { code } });
        expect(await gateway.cancel(id)).toMatchObject({ status: 'cancelled' });
        expect(await gateway.confirm(id, 'pm_card_visa', 'confirm-2')).toMatchObject({
          status: 'cancelled',
        });
      });
    }

    for (const approve of [true, false]) {
      test(`asks the buyer, who ${approve ? 'approves' : 'refuses'}`, async (gateway) => {
        const { id } = await gateway.open(order);
        const asked = await gateway.confirm(id, 'pm_card_authenticationRequired', 'confirm-1');
        expect(asked.status).toBe('requires_action');
        expect(asked.nextAction).toMatchObject({ url: expect.stringContaining(id) });
        const answered = await gateway.authenticate?.(id, approve);
        expect(answered?.status).toBe(approve ? 'succeeded' : 'unconfirmed');
        expect(answered?.decline === undefined).toBe(approve);
        expect(await gateway.find(id)).toEqual(answered);
      });
    }

    test('cannot cancel what has succeeded', async (gateway) => {
      const { id } = await gateway.open(order);
      await gateway.confirm(id, 'pm_card_visa', 'confirm-1');
      expect((await gateway.cancel(id)).status).toBe('succeeded');
    });

    test('refunds once for one key', async (gateway) => {
      const { id } = await gateway.open(order);
      await gateway.confirm(id, 'pm_card_visa', 'confirm-1');
      const refunds = await Promise.all(
        Array.from({ length: 20 }, () => gateway.refund(id, 'refund-1')),
      );
      expect(new Set(refunds.map((refund) => refund.id)).size).toBe(1);
    });

    test('refuses a payment method that it does not know, and takes nothing', async (gateway) => {
      const { id } = await gateway.open(order);
      for (const token of ['pm_unknown', 'constructor', '__proto__']) {
        await expect(gateway.confirm(id, token, 'confirm-1')).rejects.toMatchObject({
          status: 400,
        });
      }
      expect((await gateway.find(id)).status).toBe('unconfirmed');
    });

    test('tells what is true after an answer was lost', async (gateway) => {
      const { id } = await gateway.open(order);
      await expect(gateway.confirm(id, 'pm_fairseat_answerLost', 'confirm-1')).rejects.toThrow(
        Unavailable,
      );
      expect((await gateway.find(id)).status).toBe('succeeded');
      expect((await gateway.confirm(id, 'pm_fairseat_answerLost', 'confirm-1')).status).toBe(
        'succeeded',
      );
    });

    test('takes nothing while it is unavailable', async (gateway) => {
      const { id } = await gateway.open(order);
      await expect(gateway.confirm(id, 'pm_fairseat_unavailable', 'confirm-1')).rejects.toThrow(
        Unavailable,
      );
      expect((await gateway.find(id)).status).toBe('unconfirmed');
    });

    test('remembers what it was asked across a crash', async (gateway, harness, platform) => {
      const { id } = await gateway.open(order);
      await gateway.confirm(id, 'pm_card_visa', 'confirm-1');
      const refund = await gateway.refund(id, 'refund-1');
      await harness.crash(platform);
      const again = (await harness.open()).gateway;
      expect((await again.open(order)).id).toBe(id);
      expect((await again.find(id)).status).toBe('succeeded');
      expect(await again.refund(id, 'refund-1')).toEqual(refund);
    });
  });
}
