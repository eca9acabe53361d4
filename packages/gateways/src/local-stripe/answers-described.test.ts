import { readFileSync } from 'node:fs';
import { stripeMock } from '@fairseat/servers/stripe-mock';
import { openLocalStripe, stripeKeys } from '@fairseat/test-support/local-stripe';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { createLocalSdk } from './index.ts';
import type { StripeRequest, StripeResponse } from './local-stripe.ts';

interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: unknown;
}

interface Operation {
  responses: Record<string, { content: { 'application/json': { schema: unknown } } }>;
}

/** Stripe's own description of its API, made readable for Ajv. */
const description = JSON.parse(
  readFileSync((await stripeMock()).description, 'utf8'),
  (_, value) => (value?.nullable === true ? orNull(value) : value),
) as Description;

function orNull({ nullable: _, ...schema }: Record<string, unknown>) {
  return { anyOf: [schema, { type: 'null' }] };
}

const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema(description, 'stripe');

/** What is wrong with an answer; undefined for nothing. */
function faultOf(schemaPath: string, body: unknown): string | undefined {
  const validate = ajv.getSchema(`stripe#${schemaPath}`);
  if (!validate) throw new Error(`Stripe's description has no ${schemaPath}`);
  return validate(body) ? undefined : ajv.errorsText(validate.errors, { separator: '\n' });
}

/** As a segment of a JSON pointer in an address. */
const segment = (text: string) =>
  encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

const patterns = Object.keys(description.paths).map((path) => ({
  path,
  pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
}));

/** Where the answer to a request is described. */
function describedAt({ method, path }: StripeRequest, status: number): string {
  const { pathname } = new URL(path, 'http://stripe.local');
  const operation = method.toLowerCase();
  const found = patterns
    .filter(
      ({ pattern, path: each }) => pattern.test(pathname) && description.paths[each]?.[operation],
    )
    // `/v1/a/b` before `/v1/a/{id}`
    .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
  if (!found) throw new Error(`Stripe's description has no ${method} ${pathname}`);
  const steps = [found.path, operation, 'responses', status === 200 ? '200' : 'default'];
  return `/paths/${steps.map(segment).join('/')}/content/application~1json/schema`;
}

/** A local Stripe of which each answer is held to the description. */
async function openDescribed() {
  const opened = await openLocalStripe();
  const faults: string[] = [];
  const kinds = new Set<string>();
  const handle = async (request: StripeRequest): Promise<StripeResponse> => {
    const response = await opened.local.handle(request);
    if ('lost' in response) return response;
    const body = JSON.parse(JSON.stringify(response.body));
    const fault = faultOf(describedAt(request, response.status), body);
    if (fault) faults.push(`${request.method} ${request.path} ${response.status}: ${fault}`);
    kinds.add(body.object ?? `error ${response.status}`);
    return response;
  };
  const { clock } = opened;
  return {
    ...opened,
    stripe: createLocalSdk({ handle }, clock, stripeKeys.secretKey),
    stranger: createLocalSdk({ handle }, clock, 'sk_test_wrong'),
    faults,
    kinds,
  };
}

const card = { allowed_payment_method_types: ['card' as const] };
const held = { payment_method_options: { card: { capture_method: 'manual' as const } } };
const order = { amount: 4990, currency: 'usd', ...card, ...held };
const refused = () => undefined;

describe("Stripe's description", () => {
  it('has no fault to find with what is answered', async () => {
    const { stripe, stranger, clock, faults, kinds, heard, types } = await openDescribed();
    const pay = (payment_method: string, more = {}) =>
      stripe.paymentIntents.create({ ...order, payment_method, confirm: true, ...more });

    const { id } = await stripe.paymentIntents.create({ ...order, metadata: { orderId: '7' } });
    await stripe.paymentIntents
      .confirm(id, { payment_method: 'pm_card_chargeDeclined' })
      .catch(refused);
    await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    await stripe.paymentIntents.capture(id, { expand: ['latest_charge', 'payment_method'] });
    await stripe.paymentIntents.capture(id).catch(refused);
    const token = await stripe.testHelpers.confirmationTokens.create({
      payment_method: 'pm_card_visa',
    });
    const spending = await stripe.paymentIntents.create(order);
    await stripe.paymentIntents.confirm(spending.id, { confirmation_token: token.id });
    await stripe.confirmationTokens.retrieve(token.id);
    await stripe.paymentIntents.cancel(spending.id);

    await pay('pm_card_threeDSecure2Required');
    await pay('pm_card_threeDSecure2Required', { return_url: 'https://tickets.example/' });
    await pay('pm_local_ideal', {
      currency: 'eur',
      allowed_payment_method_types: ['ideal'],
      return_url: 'https://tickets.example/',
    });
    const bank = { allowed_payment_method_types: ['us_bank_account'] };
    await pay('pm_usBankAccount', bank);
    const failing = await pay('pm_usBankAccount_insufficientFunds', bank);

    for (const method of ['pm_card_refundFail', 'pm_card_pendingRefund']) {
      const taken = await pay(method, { payment_method_options: {} });
      await stripe.refunds.create({ payment_intent: taken.id, reason: 'requested_by_customer' });
    }
    const disputed = await pay('pm_card_createDispute', { payment_method_options: {} });
    clock.advance(60_000);
    await stripe.paymentIntents.retrieve(failing.id, { expand: ['latest_charge'] });
    const { data } = await stripe.disputes.list({ payment_intent: disputed.id });
    const dispute = String(data[0]?.id);
    await stripe.disputes.retrieve(dispute, { expand: ['charge.payment_intent'] });
    await stripe.disputes.update(dispute, { evidence: { uncategorized_text: 'it was them' } });
    await stripe.disputes.close(dispute);

    const session = await stripe.checkout.sessions.create({
      mode: 'payment',
      success_url: 'https://tickets.example/done',
      line_items: [
        {
          quantity: 1,
          price_data: { currency: 'usd', unit_amount: 4990, product_data: { name: 'A ticket' } },
        },
      ],
    });
    await stripe.checkout.sessions.retrieve(session.id, { expand: ['line_items'] });
    await stripe.checkout.sessions.expire(session.id);
    await stripe.checkout.sessions.expire(session.id).catch(refused);

    await stripe.paymentIntents.list({ limit: 100, expand: ['data.latest_charge.refunds'] });
    await stripe.charges.list({ limit: 100 });
    await stripe.refunds.list({ limit: 100, expand: ['data.charge'] });
    await stripe.checkout.sessions.list();
    const events = await stripe.events.list({ limit: 100 });
    await stripe.events.retrieve(String(events.data[0]?.id));
    await stripe.refunds.retrieve('re_none').catch(refused);
    await stripe.paymentIntents.create({ amount: 0, currency: 'usd' }).catch(refused);
    await stripe.paymentIntents.create(order, { idempotencyKey: 'key' });
    await stripe.paymentIntents
      .create({ ...order, amount: 5000 }, { idempotencyKey: 'key' })
      .catch(refused);
    await stranger.paymentIntents.retrieve(id).catch(refused);

    expect(faults).toEqual([]);
    expect([...kinds].toSorted()).toEqual([
      ...['checkout.session', 'confirmation_token', 'dispute', 'error 400', 'error 401'],
      ...['error 402', 'error 404', 'event', 'list', 'payment_intent', 'refund'],
    ]);
    await expect.poll(() => new Set(types()).size).toBe(20);
    const snapshots = heard.filter(({ url }) => url.endsWith('/snapshot'));
    for (const { body } of snapshots) {
      expect(faultOf('/components/schemas/event', JSON.parse(body))).toBeUndefined();
      const { object } = JSON.parse(body).data;
      expect(faultOf(`/components/schemas/${object.object}`, object)).toBeUndefined();
    }
  });

  it('refuses what is no answer of Stripe', async () => {
    const { stripe } = await openLocalStripe();
    const intent = await stripe.paymentIntents.create(order);
    const path = '/components/schemas/payment_intent';
    expect(faultOf(path, JSON.parse(JSON.stringify(intent)))).toBeUndefined();
    expect(faultOf(path, {})).toMatch("required property 'created'");
    expect(faultOf(path, { ...intent, status: 'paid' })).toMatch('status must be equal');
    expect(faultOf(path, { ...intent, amount: '4990' })).toMatch('amount must be integer');
    expect(faultOf('/components/schemas/refund', intent)).toBeDefined();
  });
});
