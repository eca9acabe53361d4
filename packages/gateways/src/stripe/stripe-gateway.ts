/** Payments by Stripe: PaymentIntents, which hold the money until it is captured. */
import { isLiveKey } from '@fairseat/common/kit';
import type { GatewayPayment, OpenGateway } from '@fairseat/common/ports';
import { Stripe } from 'stripe';
import {
  isAboutAmount,
  isAboutToken,
  isRefusal,
  isTold,
  priceNotPayable,
  translated,
  unknownToken,
} from './errors.ts';
import { elementsOptions, intentOptions } from './methods.ts';
import { createOnce } from './once.ts';
import { EXPAND, LIST_EXPAND, toPayment } from './payment.ts';
import { createVerify } from './webhook.ts';

export interface StripeOptions {
  secretKey: string;
  /** For the form in the browser; without it only test cards are taken. */
  publishableKey?: string | undefined;
  /** Those of all webhooks that are registered at Stripe. Without any, state is asked for and never told. */
  webhookSecrets?: string[] | undefined;
  /** Where browsers reach Fairseat: banks send buyers back to their order there. */
  publicOrigin: string;
  /** Where the API is, if not at Stripe: it is then a local one. */
  server?: Pick<Stripe.StripeConfig, 'protocol' | 'host' | 'port' | 'httpClient'>;
}

/** The buyer waits for it. */
const TIMEOUT_MS = 10_000;

/**
 * A request tells nothing of a payment's state, since the same key gets the answer of the first time, whatever has happened
 * since: after each request the payment is read.
 */
export const openStripeGateway =
  (options: StripeOptions): OpenGateway =>
  ({ clock }) => {
    const stripe = connect(options);
    const once = createOnce();
    const { publishableKey, webhookSecrets = [], publicOrigin, server } = options;
    const testMode = !isLiveKey(options.secretKey);

    const find = async (paymentId: string): Promise<GatewayPayment> => {
      try {
        return toPayment(await stripe.paymentIntents.retrieve(paymentId, { expand: EXPAND }));
      } catch (error) {
        throw translated(error);
      }
    };

    /** The payment after a request that was granted, or refused for a reason that its state tells. */
    const after = async (
      paymentId: string,
      request: () => Promise<unknown>,
      isAnswer: (error: unknown) => boolean = isRefusal,
    ): Promise<GatewayPayment> => {
      try {
        await request();
      } catch (error) {
        if (!isAnswer(error)) throw translated(error);
      }
      return find(paymentId);
    };

    return {
      testMode,
      name: server ? 'local-stripe' : 'stripe',

      ...(publishableKey !== undefined && {
        form: (price) => ({ publishableKey, elements: elementsOptions(price) }),
      }),

      async open({ key, orderId, amount, currency }) {
        const params = { ...intentOptions({ amount, currency }), metadata: { orderId } };
        try {
          const { id } = await once([key, params], (request) =>
            stripe.paymentIntents.create(params, request),
          );
          return await find(id);
        } catch (error) {
          if (isAboutAmount(error)) throw priceNotPayable('it is beyond what Stripe takes');
          throw translated(error);
        }
      },

      async confirm(paymentId, token, key, orderId) {
        const params = {
          ...cardOf(token, testMode),
          return_url: `${publicOrigin}/orders/${orderId}`,
        };
        let isTokenRefused = false;
        const payment = await after(
          paymentId,
          () =>
            once([key, params], (request) =>
              stripe.paymentIntents.confirm(paymentId, params, request),
            ),
          (error) => {
            isTokenRefused = isAboutToken(error);
            return isTokenRefused || isTold(error);
          },
        );
        // A used token may have been used for this very payment.
        if (isTokenRefused && payment.status === 'unconfirmed') throw unknownToken();
        return payment;
      },

      capture: (paymentId, key) =>
        after(paymentId, () =>
          once([key], (request) => stripe.paymentIntents.capture(paymentId, {}, request)),
        ),

      find,

      cancel: (paymentId) => after(paymentId, () => stripe.paymentIntents.cancel(paymentId)),

      async refund(paymentId, key) {
        try {
          const failed = await failedRefunds(paymentId);
          return await once([key, ...failed], async (request) => {
            const { id } = await stripe.refunds.create({ payment_intent: paymentId }, request);
            return { id };
          });
        } catch (error) {
          const { refundId: id } = isRefusal(error) ? await find(paymentId) : {};
          if (id === undefined) throw translated(error);
          return { id };
        }
      },

      async *list(since) {
        const page = {
          created: { gte: Math.floor(since / 1000) },
          limit: 100,
          expand: LIST_EXPAND,
        };
        try {
          for await (const intent of stripe.paymentIntents.list(page)) {
            const { orderId } = intent.metadata;
            const { currency } = intent;
            yield { ...toPayment(intent), currency, ...(orderId !== undefined && { orderId }) };
          }
        } catch (error) {
          throw translated(error);
        }
      },

      ...(webhookSecrets.length > 0 && { verify: createVerify(stripe, webhookSecrets, clock) }),
    };

    /** They make another key: the first would get the refund that failed. */
    async function failedRefunds(paymentId: string): Promise<string[]> {
      const { data } = await stripe.refunds.list({ payment_intent: paymentId, limit: 100 });
      return data.filter(({ status }) => status === 'failed').map(({ id }) => id);
    }
  };

function connect({ secretKey, server }: StripeOptions): Stripe {
  // biome-ignore lint/style/noProcessEnv: nothing else keeps the SDK from printing what Stripe advertises.
  process.env['STRIPE_SUPPRESS_NOTICES'] = 'true';
  return new Stripe(secretKey, {
    ...server,
    apiVersion: '2026-10-28.endive',
    timeout: TIMEOUT_MS,
    // The reconciler asks again, by the same key, when the buyer has had their answer.
    maxNetworkRetries: 0,
    telemetry: false,
    emitEventBodies: false,
  });
}

/** Cards come as confirmation tokens, so that their data goes to Stripe alone; in test mode also by the names of test cards. */
function cardOf(token: string, testMode: boolean) {
  // Stripe's script asks the buyer in place.
  if (token.startsWith('ctoken_')) return { confirmation_token: token, use_stripe_sdk: true };
  if (testMode && token.startsWith('pm_')) return { payment_method: token };
  throw unknownToken();
}
