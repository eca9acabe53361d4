/** For tests: a marketplace on a local Stripe, whose webhooks reach it, on one clock and without a network. */
import { createTestClock } from '@fairseat/common/testing';
import { openStripeGateway } from '@fairseat/gateways/stripe';
import { passing } from './disturbances.ts';
import { type Everything, type GatewayRecord, readEverything, violationsIn } from './invariants.ts';
import { openLocalStripe, stripeKeys, webhookSecret } from './local-stripe.ts';
import { TestMarketplace, type TestOptions } from './marketplace.ts';

const WEBHOOK = '/api/payments/webhook';
const DEAF = 503;

type Stripe = Awaited<ReturnType<typeof openLocalStripe>>;
type Payment = NonNullable<Awaited<ReturnType<Stripe['local']['ledger']['payment']>>>;

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

/** Closed by the test itself; its Stripe at the end of the test. */
export async function openLocalMarket(
  options: TestOptions = {},
  weather: NonNullable<Parameters<typeof openLocalStripe>[0]>['weather'] = undefined,
) {
  const clock = createTestClock();
  let market: TestMarketplace | undefined;
  let isDeaf = false;
  const stripe = await openLocalStripe({
    clock,
    ...(weather && { weather }),
    async send(_url, payload, headers) {
      if (isDeaf || !market) return DEAF;
      const { statusCode } = await market.app.inject({
        method: 'POST',
        url: WEBHOOK,
        headers,
        payload,
      });
      return statusCode;
    },
  });
  const openGateway = openStripeGateway({
    secretKey: stripeKeys.secretKey,
    webhookSecrets: [webhookSecret],
    publicOrigin: 'http://127.0.0.1:3000',
    server: { httpClient: stripe.client },
  });
  market = await TestMarketplace.open({ ...options, clock, openGateway });
  const opened = market;

  return {
    market: opened,
    stripe: stripe.local,
    /** From now on no webhook arrives, or all do. */
    deafen(deaf: boolean) {
      isDeaf = deaf;
    },
    /** A request as an operator's dashboard makes it. @throws Error when it is refused. */
    async dashboard(path: string, params: Record<string, string> = {}) {
      const answer = await stripe.local.handle({
        ...{ method: 'POST', path, body: new URLSearchParams(params).toString() },
        headers: { authorization: `Bearer ${stripeKeys.secretKey}` },
      });
      if ('lost' in answer || answer.status !== 200) throw new Error(JSON.stringify(answer));
      return answer.body as { id: string };
    },
    /** Lets time pass, and what falls due at Stripe reach the services. */
    async passing(ms: number) {
      await passing(opened, ms);
      // A webhook sets the next one off.
      for (let turn = 0; turn < 3; turn++) await passing(opened, 0);
    },
    /** All records, with the books of Stripe in place of those of the test gateway. */
    async everything(): Promise<Everything> {
      const gateway: GatewayRecord[] = [];
      for await (const payment of stripe.local.ledger.payments()) gateway.push(recordOf(payment));
      return { ...(await readEverything(opened.platform)), gateway };
    },
    async violations() {
      return violationsIn(await this.everything(), clock.now());
    },
  };
}
