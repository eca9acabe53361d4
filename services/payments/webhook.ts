/** Messages from the gateway. They say that a payment has changed; what has become of it, the gateway is asked. */
import { noSuchPage } from '@fairseat/common/errors';
import type { Records, Routes, ServiceContext } from '@fairseat/common/kit';
import type { Cashier } from './cashier.ts';
import type { Payment, PaymentFact } from './charge.ts';

const WEBHOOK_PATH = '/api/payments/webhook';
const BODY_LIMIT = 256 * 1024;

/** For `webhooks` of the service. */
export const webhooks = { [WEBHOOK_PATH]: BODY_LIMIT };

/**
 * An answer other than 200 has the gateway send the message again, for days: it is given whenever the payment could not be
 * looked at. There is no limit on requests, since all come from a few addresses.
 */
export const webhook =
  (
    payments: Records<Payment, PaymentFact>,
    cashier: Cashier,
    { gateway, log }: Pick<ServiceContext<'gateway'>, 'gateway' | 'log'>,
  ): Routes =>
  async (app) => {
    app.post(
      WEBHOOK_PATH,
      {
        bodyLimit: BODY_LIMIT,
        config: { webhook: true },
        schema: { hide: true },
        onRequest: (_request, _reply, done) => done(gateway.verify ? undefined : noSuchPage()),
      },
      async ({ body, headers }) => {
        const paymentId = await verified(body, headers);
        const payment = paymentId && (await payments.getByKey('stripe', paymentId));
        if (payment) await lookAt(payment);
        log.info({ outcome: outcomeOf(paymentId, payment), paymentId }, 'webhook');
        return {};
      },
    );

    async function lookAt(payment: Payment) {
      const settled = await cashier.settle(payment.id);
      // A request that has its card under way takes the money itself.
      if (!payment.charge?.token) await cashier.conclude(settled);
    }

    async function verified(body: unknown, headers: Parameters<Verify>[1]) {
      try {
        return await gateway.verify?.(
          body instanceof Uint8Array ? body : new Uint8Array(),
          headers,
        );
      } catch (error) {
        log.info({ outcome: 'refused', reason: (error as Error).message }, 'webhook');
        throw error;
      }
    }
  };

type Verify = NonNullable<ServiceContext<'gateway'>['gateway']['verify']>;

/** Another installation's payment, or one that is gone with a database, is nothing that a repetition would mend. */
function outcomeOf(paymentId: string | undefined, payment: unknown) {
  if (paymentId === undefined) return 'about no payment';
  return payment ? 'looked at' : 'about an unknown payment';
}
