/** For tests: a marketplace on Stripe, whose API answers from a script, with a buyer whose bank asks them. */
import type { App } from '@fairseat/common/kit';
import { openStripeGateway } from '@fairseat/gateways/stripe';
import type { Door } from './hostile.ts';
import { TestMarketplace, type TestOptions, type Visitor } from './marketplace.ts';
import { intent } from './scripted-gateway.ts';
import { refusal, scriptedStripe } from './scripted-stripe.ts';
import { message } from './stripe-messages.ts';

const WEBHOOK = '/api/payments/webhook';

/** What has become of the payment at Stripe. */
const asking = {
  status: 'requires_action',
  next_action: { redirect_to_url: { url: 'https://bank.example' } },
};
/** The charge, refund or dispute that belongs to the payment. */
export const part = { object: 'charge', id: 'ch_1', payment_intent: 'pi_1' };

interface Sent {
  payload: string | Buffer;
  headers: Record<string, string>;
}

export class StripeScene implements AsyncDisposable {
  readonly market: TestMarketplace;
  readonly buyer: Visitor;
  readonly orderId: string;
  readonly #app: App;
  readonly #stripe: Script;

  private constructor(market: TestMarketplace, app: App, stripe: Script, of: [Visitor, string]) {
    this.market = market;
    this.#app = app;
    this.#stripe = stripe;
    [this.buyer, this.orderId] = of;
  }

  static readonly secrets = ['whsec_old', 'whsec_new'];

  /** `door` returns what stands between Stripe and the services. */
  static async open(door: Door = ({ app }) => app, options: TestOptions = {}) {
    const stripe = scripted();
    const market = await TestMarketplace.open({
      openGateway: openStripeGateway({
        secretKey: 'sk_test_key',
        webhookSecrets: StripeScene.secrets,
        publicOrigin: 'http://localhost',
        server: { httpClient: stripe.httpClient },
      }),
      ...options,
    });
    const seller = await market.person();
    const buyer = await market.person();
    const { id } = await buyer.holds((await seller.sells()).id);
    await buyer.pay(id);
    return new StripeScene(market, await door(market), stripe, [buyer, id]);
  }

  /** From now on Stripe tells this of the payment, or does not answer. */
  becomes(state: State) {
    this.#stripe.becomes(state);
  }

  signed = (content: unknown, secret = 'whsec_new', ageMs = 0) =>
    message(content, secret, this.market.clock.now() - ageMs);

  /** Sends it as Stripe does. `asked` counts the requests that it made Fairseat send to Stripe. */
  async send({ payload, headers }: Sent) {
    const { sent } = this.#stripe;
    const before = sent.length;
    const reply = await this.#app.inject({ method: 'POST', url: WEBHOOK, headers, payload });
    const isJson = String(reply.headers['content-type']).includes('json');
    const body = isJson ? reply.json() : reply.body;
    const asked = sent.length - before;
    return { status: reply.statusCode, headers: reply.headers, body, asked };
  }

  tell = (content: unknown) => this.send(this.signed(content));

  /** The status of the order, once all is quiet. */
  async order() {
    await this.market.settled();
    return (await this.buyer.seesOrder(this.orderId)).status;
  }

  async [Symbol.asyncDispose]() {
    if (this.#app !== this.market.app) await this.#app.close();
    await this.market[Symbol.asyncDispose]();
  }
}

type State = { status: string } | 'away';
type Script = ReturnType<typeof scripted>;

function scripted() {
  let state: State = { status: 'requires_payment_method' };
  const stripe = scriptedStripe(({ method, path }) => {
    if (state === 'away') return refusal(500, { type: 'api_error' });
    if (path.endsWith('/confirm')) state = asking;
    if (method === 'GET' && !path.includes('payment_intents')) return { body: part };
    return { body: intent(state) };
  });
  return {
    ...stripe,
    becomes(next: State) {
      state = next;
    },
  };
}
