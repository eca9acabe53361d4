/** For tests: a marketplace on a local Stripe, which tells it by webhooks of both kinds. */
import { createTestClock } from '@fairseat/common/testing';
import { answerPage } from '@fairseat/gateways/local-stripe';
import { openStripeGateway } from '@fairseat/gateways/stripe';
import { passing } from './disturbances.ts';
import { type Everything, type GatewayRecord, readEverything, violationsIn } from './invariants.ts';
import { openLocalStripe, stripeKeys } from './local-stripe.ts';
import type { TestMarketplace, TestOptions } from './marketplace.ts';
import { openTrade } from './trade.ts';

const ORIGIN = 'http://127.0.0.1:3000';
const WEBHOOK = '/api/payments/webhook';
const DEAF = 503;
/** Each registration has its own. */
const secrets = { snapshot: 'whsec_one', thin: 'whsec_two' };

type Local = Awaited<ReturnType<typeof openLocalStripe>>['local'];
type Payment = NonNullable<Awaited<ReturnType<Local['ledger']['payment']>>>;

const statuses: Record<Payment['intent']['status'], string> = {
  requires_payment_method: 'unconfirmed',
  requires_confirmation: 'unconfirmed',
  requires_action: 'requires_action',
  processing: 'processing',
  requires_capture: 'authorized',
  succeeded: 'succeeded',
  canceled: 'cancelled',
};

/** What the books of Stripe say of a payment, as those of the test gateway would. Amounts are in Stripe's units. */
function recordOf({ id, version, createdAt, intent, refunds, charges }: Payment): GatewayRecord {
  const taken = intent.status === 'succeeded';
  const good = refunds.filter(({ status }) => taken && status !== 'failed');
  return {
    ...{
      id: intent.id ?? id,
      version,
      createdAt,
      amount: intent.amount,
      currency: intent.currency,
    },
    status: statuses[intent.status],
    confirmations: charges.map((charge) => charge.id),
    refundId: good.at(-1)?.id ?? null,
    ...(good.length > 0 && { refunded: good.reduce((sum, { amount }) => sum + amount, 0) }),
  };
}

type Weather = NonNullable<Parameters<typeof openLocalStripe>[0]>['weather'];

/** Closed by the test itself; its Stripe at the end of the test. */
export async function openStripeTrade(options: TestOptions = {}, weather: Weather = undefined) {
  let isDeaf = false;
  let market: TestMarketplace | undefined;
  const clock = createTestClock();
  const { local, client: httpClient } = await openLocalStripe({
    clock,
    ...(weather && { weather }),
    webhooks: (['snapshot', 'thin'] as const).map((payload) => ({
      ...{ url: ORIGIN + WEBHOOK, secret: secrets[payload], payload },
    })),
    send: async (_url, payload, headers) => {
      if (isDeaf) return DEAF;
      const reply = await market?.app.inject({ method: 'POST', url: WEBHOOK, headers, payload });
      return reply?.statusCode ?? DEAF;
    },
  });
  const trade = await openTrade(undefined, {
    clock,
    openGateway: openStripeGateway({
      ...{ secretKey: stripeKeys.secretKey, publicOrigin: ORIGIN, server: { httpClient } },
      webhookSecrets: Object.values(secrets),
    }),
    ...options,
  });
  market = trade.market;
  const opened = trade.market;

  /** A request as a page or an operator's dashboard makes it. @throws Error when it is refused. */
  async function ask(path: string, params: Record<string, string>) {
    const answer = await local.handle({
      ...{ method: 'POST', path, body: new URLSearchParams(params).toString() },
      headers: { authorization: `Bearer ${stripeKeys.secretKey}` },
    });
    if ('lost' in answer || answer.status !== 200) throw new Error(JSON.stringify(answer));
    return String(answer.body['id']);
  }

  /** All records, with the books of Stripe in place of those of the test gateway. */
  async function everything(): Promise<Everything> {
    const gateway: GatewayRecord[] = [];
    for await (const payment of local.ledger.payments()) gateway.push(recordOf(payment));
    return { ...(await readEverything(opened.platform)), gateway };
  }

  return {
    ...trade,
    /** All that must not be told to anybody. */
    secrets: [stripeKeys.secretKey, ...Object.values(secrets)],
    /** A card as the form in the browser sends it ahead. */
    token: (method: string) =>
      ask('/v1/test_helpers/confirmation_tokens', { payment_method: method }),
    /** What an operator does. Returns the id of what is made. */
    dashboard: (path: string, params: Record<string, string> = {}) => ask(path, params),
    /** From now on no webhook arrives, or all do. */
    deafen(deaf: boolean) {
      isDeaf = deaf;
    },
    /** Lets time pass, and what falls due at Stripe reach the services. */
    async passing(ms: number) {
      await passing(opened, ms);
      // A webhook sets the next one off.
      for (let turn = 0; turn < 3; turn++) await passing(opened, 0);
    },
    stripe: local,
    everything,
    violations: async () => violationsIn(await everything(), clock.now()),
    /** The buyer answers on the page of their bank. */
    async answerBank(paymentId: string | null, answer: 'approve' | 'refuse') {
      const key = (await local.ledger.payment(paymentId ?? ''))?.intent.bankKey;
      const path = `/bank/${paymentId}?key=${key}`;
      return answerPage(local, { method: 'POST', path, body: `answer=${answer}` });
    },
    /** The payment at Stripe. */
    async atStripe(paymentId: string | null) {
      const { intent, charges, refunds } = (await local.ledger.payment(paymentId ?? '')) ?? {};
      const taken = charges?.map(({ amountCaptured }) => amountCaptured);
      return { intent, taken, refunds: refunds?.length };
    },
  };
}
