/** What payments makes of messages from Stripe. */
import { Unavailable } from '@fairseat/common/errors';
import { changed } from '@fairseat/test-support/interleaving';
import type { TestPlatform } from '@fairseat/test-support/marketplace';
import { faultsOf } from '@fairseat/test-support/problems';
import { snapshot, thin } from '@fairseat/test-support/stripe-messages';
import { part, StripeScene } from '@fairseat/test-support/stripe-scene';
import { describe, expect, it } from 'vitest';

const payment = { object: 'payment_intent', id: 'pi_1' };
const succeeded = snapshot('payment_intent.succeeded', payment);
const session = { object: 'checkout.session', id: 'cs_1', payment_intent: { id: 'pi_1' } };

describe('a message from Stripe', () => {
  it.each<[string, object]>([
    ['a payment', succeeded],
    ['a charge', snapshot('charge.refunded', part)],
    ['a refund', snapshot('refund.failed', { ...part, object: 'refund' })],
    ['a dispute', snapshot('charge.dispute.closed', { ...part, object: 'dispute' })],
    ['a session', snapshot('checkout.session.completed', session)],
    ['a payment, in short', thin('payment_intent.succeeded', 'payment_intent', 'pi_1')],
    ['a charge, in short', thin('charge.refunded', 'charge', 'ch_1')],
    ['a refund, in short', thin('refund.failed', 'refund', 're_1')],
    ['a dispute, in short', thin('charge.dispute.created', 'dispute', 'du_1')],
    ['a payment, by an unheard-of type', snapshot('payment_intent.dreamt', payment)],
  ])('about %s has it looked at', async (_, event) => {
    await using scene = await StripeScene.open();
    scene.becomes({ status: 'succeeded' });
    expect(await scene.tell(event)).toMatchObject({ status: 200, body: {} });
    expect(await scene.order()).toBe('completed');
  });

  it('is believed in nothing', async () => {
    await using scene = await StripeScene.open();
    expect(await scene.tell(succeeded)).toMatchObject({ status: 200, asked: 1 });
    expect(await scene.order()).toBe('awaiting_payment');
  });

  it('may be signed by any of the secrets', async () => {
    await using scene = await StripeScene.open();
    for (const secret of StripeScene.secrets) {
      expect(await scene.send(scene.signed(succeeded, secret))).toMatchObject({ status: 200 });
    }
  });

  it('comes often, and in any order', async () => {
    await using scene = await StripeScene.open();
    const types = ['succeeded', 'created', 'processing', 'requires_action', 'succeeded'];
    const events = types.map((type) => snapshot(`payment_intent.${type}`, payment));
    const published: string[] = [];
    scene.market.platform.bus.watch(({ type }) => published.push(type));
    scene.becomes({ status: 'succeeded' });
    const often = Array.from({ length: 4 }, () => events).flat();
    const replies = await Promise.all(often.map(scene.tell));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await scene.order()).toBe('completed');
    expect(published.filter((type) => type === 'charge.completed')).toHaveLength(1);
  });

  it('is asked for again while Stripe cannot be asked', async () => {
    await using scene = await StripeScene.open();
    scene.becomes('away');
    for (const event of [succeeded, thin('charge.captured', 'charge', 'ch_1')]) {
      expect(faultsOf(await scene.tell(event), 503)).toEqual([]);
    }
    scene.becomes({ status: 'succeeded' });
    expect(await scene.order()).toBe('awaiting_payment');
    expect((await scene.tell(succeeded)).status).toBe(200);
    expect(await scene.order()).toBe('completed');
  });

  it('is asked for again while what is stored cannot be read', async () => {
    let isAway = false;
    const wrap = (platform: TestPlatform) => ({
      ...platform,
      table: ((service, definition) => {
        const table = platform.table(service, definition);
        return changed(table, {
          getByKey: async (...asked) => {
            if (isAway) throw new Unavailable('The table is away.');
            return table.getByKey(...asked);
          },
        });
      }) as TestPlatform['table'],
    });
    await using scene = await StripeScene.open(undefined, { wrap });
    scene.becomes({ status: 'succeeded' });
    isAway = true;
    expect(faultsOf(await scene.tell(succeeded), 503)).toEqual([]);
    isAway = false;
    expect((await scene.tell(succeeded)).status).toBe(200);
    expect(await scene.order()).toBe('completed');
  });

  it.each<[string, object]>([
    ['a payment of others', snapshot('payment_intent.succeeded', { ...payment, id: 'pi_other' })],
    ['a charge without a payment', snapshot('charge.failed', { ...part, payment_intent: null })],
    ['something else', snapshot('customer.created', { object: 'customer', id: 'cus_1' })],
    ['something else, in short', thin('customer.created', 'customer', 'cus_1')],
    ['nothing', { object: 'v2.core.event', type: 'v2.core.account.closed', related_object: null }],
  ])('about %s is taken, and of no consequence', async (_, event) => {
    const env = { LOG_LEVEL: 'info' };
    await using scene = await StripeScene.open(undefined, { env });
    expect(await scene.tell(event)).toMatchObject({ status: 200, asked: 0 });
    expect(scene.market.logged.at(-1)).toMatch(/"outcome":"about (no|an unknown) payment"/);
  });

  it('is never one too many', async () => {
    const env = { RATE_LIMITS: 'on' };
    await using scene = await StripeScene.open(undefined, { env });
    for (let count = 0; count < 300; count++) {
      expect((await scene.tell(succeeded)).status).toBe(200);
    }
  });
});
