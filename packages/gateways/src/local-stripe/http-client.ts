/** For the SDK: a way to the local Stripe without a network, on the time of its platform. */
import type { Clock } from '@fairseat/common/ports';
import { Stripe } from 'stripe';
import type { LocalStripe, StripeRequest, StripeResponse } from './local-stripe.ts';

/** What answers. */
type Api = Pick<LocalStripe, 'handle'>;

/** To be passed to the SDK as `httpClient`. Its time limits run on the clock. */
export function createLocalClient(local: Api, clock: Clock): Stripe.HttpClient {
  return new LocalClient(local, clock);
}

/** The SDK on a local Stripe, which does nothing by itself that takes time: it neither tries again nor reports. */
export function createLocalSdk(local: Api, clock: Clock, key: string): Stripe {
  const httpClient = createLocalClient(local, clock);
  return new Stripe(key, { httpClient, maxNetworkRetries: 0, telemetry: false });
}

class LocalClient extends Stripe.HttpClient {
  readonly #local: Api;
  readonly #clock: Clock;

  constructor(local: Api, clock: Clock) {
    super();
    this.#local = local;
    this.#clock = clock;
  }

  override getClientName = () => 'local';

  override async makeRequest(
    _host: string,
    _port: string,
    path: string,
    method: string,
    sent: Record<string, unknown>,
    body: string,
    _protocol: string,
    timeoutMs: number,
  ) {
    const named = Object.entries(sent).map(([name, value]) => [name.toLowerCase(), String(value)]);
    const headers = Object.fromEntries(named) as StripeRequest['headers'];
    const response = await this.#within(
      timeoutMs,
      this.#local.handle({ method, path, headers, body: body ?? '' }),
    );
    if ('lost' in response) throw closed();
    return new LocalResponse(response.status, response.headers, JSON.stringify(response.body));
  }

  /** @throws the SDK's own error once the time is over; what was asked goes on. */
  #within(ms: number, answer: Promise<StripeResponse>): Promise<StripeResponse> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(ms, () => reject(Stripe.HttpClient.makeTimeoutError()));
      answer.then(
        (response) => {
          if ('lost' in response && response.lost === 'silent') return;
          cancel();
          resolve(response);
        },
        (error) => {
          cancel();
          reject(error);
        },
      );
    });
  }
}

/** Not `ECONNRESET`: upon that the SDK tries again by itself, after a pause on the machine's own clock. */
const closed = () => Object.assign(new Error('The connection was cut.'), { code: 'ECONNABORTED' });

class LocalResponse extends Stripe.HttpClientResponse {
  readonly #body: string;

  constructor(status: number, headers: Record<string, string>, body: string) {
    super(status, headers);
    this.#body = body;
  }

  /** Shown as `lastResponse`. */
  override getRawResponse = () => ({ headers: this.getHeaders() });

  override toStream(): never {
    throw new Error('The local Stripe has no streams.');
  }

  override toJSON = async () => JSON.parse(this.#body);
}
