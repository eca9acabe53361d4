import { openLocalStripe } from '@fairseat/test-support/local-stripe';
import { describe, expect, it } from 'vitest';

type Opened = Awaited<ReturnType<typeof openLocalStripe>>;

const order = { amount: 4990, currency: 'usd', allowed_payment_method_types: ['card' as const] };

const pay = ({ stripe }: Opened, payment_method: string) =>
  stripe.paymentIntents.create({ ...order, payment_method, confirm: true });

const chargeOf = async ({ stripe }: Opened, intent: string) =>
  (await stripe.charges.list({ payment_intent: intent })).data[0];

describe('a refund', () => {
  it('gives back all that is left, and no more', async () => {
    const opened = await openLocalStripe();
    const { stripe } = opened;
    const { id } = await pay(opened, 'pm_card_visa');
    const part = await stripe.refunds.create({
      payment_intent: id,
      amount: 990,
      metadata: { orderId: '7' },
    });
    expect(part).toMatchObject({ status: 'succeeded', amount: 990, metadata: { orderId: '7' } });
    await expect(stripe.refunds.create({ payment_intent: id, amount: 4001 })).rejects.toMatchObject(
      { statusCode: 400, param: 'amount' },
    );
    const charge = await chargeOf(opened, id);
    const rest = await stripe.refunds.create({ charge: String(charge?.id) });
    expect(rest.amount).toBe(4000);
    await expect(stripe.refunds.create({ payment_intent: id })).rejects.toMatchObject({
      code: 'charge_already_refunded',
    });
    expect(await chargeOf(opened, id)).toMatchObject({ amount_refunded: 4990, refunded: true });
    expect((await stripe.paymentIntents.retrieve(id)).status).toBe('succeeded');
    const { data } = await stripe.refunds.list({ payment_intent: id });
    expect(data.map((refund) => refund.id)).toEqual([rest.id, part.id]);
  });

  it('needs money that was taken', async () => {
    const opened = await openLocalStripe();
    const { stripe } = opened;
    const untouched = await stripe.paymentIntents.create(order);
    const held = await stripe.paymentIntents.create({
      ...order,
      payment_method_options: { card: { capture_method: 'manual' } },
      payment_method: 'pm_card_visa',
      confirm: true,
    });
    for (const { id } of [untouched, held]) {
      await expect(stripe.refunds.create({ payment_intent: id })).rejects.toMatchObject({
        statusCode: 400,
        message: expect.stringContaining('does not have a successful charge'),
      });
    }
    await expect(stripe.refunds.create({})).rejects.toMatchObject({ code: 'parameter_missing' });
    await expect(stripe.refunds.create({ payment_intent: 'pi_none' })).rejects.toMatchObject({
      statusCode: 400,
      code: 'resource_missing',
    });
  });

  it('that is believed to have arrived may fail later', async () => {
    const opened = await openLocalStripe();
    const { stripe, clock, types } = opened;
    const { id } = await pay(opened, 'pm_card_refundFail');
    const refund = await stripe.refunds.create({ payment_intent: id });
    expect(refund.status).toBe('succeeded');
    clock.advance(60_000);
    expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({
      status: 'failed',
      failure_reason: 'expired_or_canceled_card',
    });
    expect(await chargeOf(opened, id)).toMatchObject({ amount_refunded: 0, refunded: false });
    await expect.poll(types).toContain('refund.failed');
  });

  it('may be pending, and arrive later', async () => {
    const opened = await openLocalStripe();
    const { stripe, clock, types } = opened;
    const { id } = await pay(opened, 'pm_card_pendingRefund');
    const refund = await stripe.refunds.create({ payment_intent: id });
    expect(refund).toMatchObject({ status: 'pending', pending_reason: 'processing' });
    clock.advance(60_000);
    expect((await stripe.refunds.retrieve(refund.id)).status).toBe('succeeded');
    await expect.poll(types).toContain('refund.updated');
    expect(types()).not.toContain('refund.failed');
  });
});

describe('a dispute', () => {
  const open = async () => {
    const opened = await openLocalStripe();
    const { id } = await pay(opened, 'pm_card_createDispute');
    opened.clock.advance(60_000);
    const { data } = await opened.stripe.disputes.list({ payment_intent: id });
    return { ...opened, opened, intent: id, dispute: String(data[0]?.id) };
  };

  it('is opened by the buyer, and forbids refunds', async () => {
    const { stripe, opened, intent, dispute, types } = await open();
    expect(await stripe.disputes.retrieve(dispute)).toMatchObject({
      amount: 4990,
      reason: 'fraudulent',
      status: 'needs_response',
      payment_intent: intent,
    });
    expect(await chargeOf(opened, intent)).toMatchObject({ disputed: true });
    await expect(stripe.refunds.create({ payment_intent: intent })).rejects.toMatchObject({
      code: 'charge_disputed',
    });
    await expect.poll(types).toContain('charge.dispute.created');
  });

  it.each([
    ['winning_evidence', 'won'],
    ['losing_evidence', 'lost'],
  ])('is decided by %s', async (uncategorized_text, status) => {
    const { stripe, dispute, types } = await open();
    const closed = await stripe.disputes.update(dispute, { evidence: { uncategorized_text } });
    expect(closed.status).toBe(status);
    await expect.poll(types).toContain('charge.dispute.closed');
    await expect(stripe.disputes.close(dispute)).rejects.toMatchObject({ statusCode: 400 });
  });

  it('is lost by whoever accepts it', async () => {
    const { stripe, dispute } = await open();
    expect((await stripe.disputes.close(dispute)).status).toBe('lost');
  });
});
