/** What the gateway makes of refusals, which Stripe seldom gives. */
import { Unavailable } from '@fairseat/common/errors';
import {
  answers,
  confirm,
  gatewayOn,
  intent,
  ORDER,
} from '@fairseat/test-support/scripted-gateway';
import { refusal } from '@fairseat/test-support/scripted-stripe';
import { describe, expect, it } from 'vitest';

const SECRETS = /sk_test_key|ctoken_secret|client_secret|pi_1_secret_2/;

const inUse = { type: 'idempotency_error', code: 'idempotency_key_in_use' };
const unexpected = { type: 'invalid_request_error', code: 'payment_intent_unexpected_state' };

describe('a refusal by Stripe', () => {
  it.each([
    ['another request with the key under way', refusal(409, inUse)],
    ['too many requests', refusal(429, { type: 'invalid_request_error', code: 'rate_limit' })],
    ['a lock that was not had in time', refusal(429, { type: 'x', code: 'lock_timeout' })],
    ['a failure of its own', refusal(500, { type: 'api_error' })],
    ['a failure before its API', refusal(503, { type: 'api_error' })],
  ])('for %s is no outcome', async (_, answer) => {
    const scene = gatewayOn(answers(() => answer, {}));
    const { gateway } = scene;
    await expect(confirm(scene)).rejects.toThrow(Unavailable);
    await expect(gateway.capture('pi_1', 'key')).rejects.toThrow(Unavailable);
    await expect(gateway.cancel('pi_1')).rejects.toThrow(Unavailable);
    await expect(gateway.refund('pi_1', 'key')).rejects.toThrow();
  });

  it('to connect is no outcome', async () => {
    const scene = gatewayOn(() => {
      throw new Error('cut by pi_1_secret_2');
    });
    await expect(confirm(scene)).rejects.toThrow(Unavailable);
    await expect(scene.gateway.find('pi_1')).rejects.toThrow(Unavailable);
  });

  it('because the payment has gone on tells how it stands', async () => {
    const scene = gatewayOn(answers(() => refusal(400, unexpected), { status: 'succeeded' }));
    expect((await confirm(scene)).status).toBe('succeeded');
    expect((await scene.gateway.capture('pi_1', 'key')).status).toBe('succeeded');
    expect((await scene.gateway.cancel('pi_1')).status).toBe('succeeded');
  });

  it('of a capture leaves the money held', async () => {
    const error = { type: 'card_error', code: 'card_declined' };
    const { gateway } = gatewayOn(
      answers(() => refusal(402, error), { status: 'requires_capture' }),
    );
    expect((await gateway.capture('pi_1', 'key')).status).toBe('authorized');
  });

  it('to cancel what is processing leaves it so', async () => {
    const { gateway } = gatewayOn(
      answers(() => refusal(400, unexpected), { status: 'processing' }),
    );
    expect((await gateway.cancel('pi_1')).status).toBe('processing');
  });

  it('of a token asks for another, unless it was used for this payment', async () => {
    const error = { type: 'invalid_request_error', param: 'confirmation_token' };
    const unused = gatewayOn(answers(() => refusal(400, error), {}));
    await expect(confirm(unused)).rejects.toMatchObject({
      ...{ status: 400, code: 'unknown_payment_method', message: 'Enter the card again.' },
    });
    const used = gatewayOn(answers(() => refusal(400, error), { status: 'requires_capture' }));
    expect((await confirm(used)).status).toBe('authorized');
  });

  it('that was saved is passed by with another key', async () => {
    const failure = refusal(500, { type: 'api_error' }, { 'idempotent-replayed': 'true' });
    const known = new Set<string | undefined>();
    const scene = gatewayOn(
      answers(
        ({ key }) => {
          const answer = known.size < 2 ? failure : { body: intent() };
          known.add(key);
          return answer;
        },
        { status: 'requires_capture' },
      ),
    );
    expect((await confirm(scene)).status).toBe('authorized');
    expect(known.size).toBe(3);
    const broken = gatewayOn(answers(() => failure, {}));
    await expect(confirm(broken)).rejects.toThrow(Unavailable);
  });

  it.each([
    ['its key', refusal(401, { type: 'invalid_request_error', message: 'sk_test_key' })],
    ['what the key may do', refusal(403, { type: 'invalid_request_error' })],
    [
      'what is asked for',
      refusal(400, { type: 'invalid_request_error', param: 'x', payment_intent: intent() }),
    ],
  ])('of %s is an error that names no secret', async (_, answer) => {
    const scene = gatewayOn(answers(() => answer, {}));
    const error = await confirm(scene).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(Unavailable);
    const { message, stack, cause } = error as Error;
    expect(message).toMatch(/^Stripe refused a request of ours \(Stripe\w+Error, 40\d, .*req_1\)$/);
    expect(JSON.stringify([error, message, stack])).not.toMatch(SECRETS);
    expect(cause).toBeUndefined();
  });
});

describe('a refund', () => {
  const refunds = (...status: string[]) => ({
    data: status.map((each, index) => ({ id: `re_${index}`, status: each })),
  });

  it('that failed is no answer to the next request', async () => {
    const made = (past: object) =>
      gatewayOn(({ method, path }) => {
        if (method === 'POST') return { body: { id: 're_new' } };
        return { body: path.startsWith('/v1/refunds') ? past : intent() };
      });
    const [first, second] = [made(refunds()), made(refunds('failed'))];
    expect(await first.gateway.refund('pi_1', 'key')).toEqual({ id: 're_new' });
    await second.gateway.refund('pi_1', 'key');
    expect(first.posted()[0]?.key).not.toBe(second.posted()[0]?.key);
  });

  it('that was made elsewhere is found', async () => {
    const latest_charge = { refunded: true, refunds: refunds('failed', 'succeeded') };
    const { gateway } = gatewayOn(({ method, path }) => {
      if (method === 'POST') return refusal(400, { type: 'x', code: 'charge_already_refunded' });
      if (path.startsWith('/v1/refunds')) return { body: refunds() };
      return { body: intent({ status: 'succeeded', latest_charge }) };
    });
    expect(await gateway.refund('pi_1', 'key')).toEqual({ id: 're_1' });
  });
});

describe('an amount', () => {
  it.each([
    ['usd', 4990, '4990'],
    ['jpy', 4990, '4990'],
    ['kwd', 4990, '4990'],
    ['isk', 4990, '499000'],
    ['huf', 4990, '499000'],
    ['ugx', 4990, '499000'],
  ])('in %s of %i is %s at Stripe, and the same again here', async (currency, amount, units) => {
    const opened = { currency, amount: Number(units) };
    const { gateway, posted } = gatewayOn(answers(() => ({ body: intent() }), opened));
    const answer = await gateway.open({ key: 'key', orderId: ORDER, amount, currency });
    expect(posted()[0]?.body['amount']).toBe(units);
    expect(answer.amount).toBe(amount);
  });

  it.each(['amount_too_small', 'amount_too_large'])('that is %s is refused', async (code) => {
    const { gateway } = gatewayOn(answers(() => refusal(400, { type: 'x', code }), {}));
    await expect(
      gateway.open({ key: 'key', orderId: ORDER, amount: 1, currency: 'usd' }),
    ).rejects.toMatchObject({ status: 400, code: 'price_not_payable' });
  });

  it('of thousandths that Stripe does not take is refused', async () => {
    const { gateway, sent } = gatewayOn(() => ({ body: intent() }));
    await expect(
      gateway.open({ key: 'key', orderId: ORDER, amount: 4995, currency: 'kwd' }),
    ).rejects.toMatchObject({ status: 400, code: 'price_not_payable' });
    expect(sent).toEqual([]);
  });
});
