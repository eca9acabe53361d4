import {
  authenticationSchema,
  byOrderId,
  byPaymentId,
  newPaymentSchema,
  ownChargeSchema,
  settlePaymentSchema,
} from '@fairseat/common/contracts/charge';
import { mustBeBuyer } from '@fairseat/common/contracts/order';
import {
  paymentOptionsQuery,
  paymentOptionsSchema,
} from '@fairseat/common/contracts/payment-options';
import { responses } from '@fairseat/common/contracts/problem';
import { idempotencyHeaders } from '@fairseat/common/contracts/shared';
import { notFound, Problem, Unavailable } from '@fairseat/common/errors';
import {
  identify,
  once,
  type Records,
  type Routes,
  type ServiceContext,
  sessionOf,
} from '@fairseat/common/kit';
import type { Cashier } from './cashier.ts';
import { type Payment, type PaymentFact, toCharge } from './charge.ts';
import { awaitsCard, type PayRequest, pay } from './decisions.ts';
import { createLimits } from './limits.ts';

type Request = Parameters<typeof sessionOf>[0];

const tags = ['payments'];
/** Before any bank was asked: the charge tells of it, but nothing was declined. */
const REFUSALS = ['unknown_payment_method', 'price_not_payable'];
/** The longest wait for an order that has just begun to await payment. */
const ORDER_WAIT_MS = 1000;

export const routes =
  (
    payments: Records<Payment, PaymentFact>,
    cashier: Cashier,
    context: ServiceContext<'gateway' | 'rateLimiter'>,
  ): Routes =>
  async (app) => {
    const { signedIn, clock, newId, changes, config, gateway } = context;
    const limits = createLimits(context);

    app.post(
      '/api/payments',
      {
        onRequest: signedIn,
        links: {
          201: {
            getCharge: {
              operationId: 'getCharge',
              parameters: { orderId: '$response.body#/orderId' },
            },
          },
        },
        schema: {
          tags,
          operationId: 'payOrder',
          summary: 'Pay for an order',
          headers: idempotencyHeaders,
          body: newPaymentSchema,
          response: responses({ 201: ownChargeSchema }, 400, 401, 402, 403, 404, 409, 422, 429),
        },
      },
      async (request, reply) => {
        const { userId } = sessionOf(request);
        const { orderId, token } = request.body;
        const { id, requestHash } = identify(request, userId, newId);
        const find = async () => {
          const payment = (await payments.getByKey('request', id)) ?? (await payments.get(orderId));
          const before = payment?.charge?.requests.find((request) => request.id === id);
          return payment && before && { payment, requestHash: before.hash };
        };
        const attempt: PayRequest = {
          userId,
          token,
          chargeId: newId(),
          request: { id, hash: requestHash },
          currency: config.currency,
        };
        const { payment } = await once({ id, requestHash }, find, async () => {
          await orderKnown(orderId);
          const by = { userId, address: request.ip, orderId };
          const payment = await limits.paying(by, () => begin(orderId, attempt));
          return { payment, requestHash };
        });
        const charge = outcome(payment, clock.now());
        reply.header('location', `/api/payments/${orderId}`);
        return reply.code(201).send(charge);
      },
    );

    /** Saves the charge, has the money held, and takes it once orders has decided. */
    async function begin(orderId: string, attempt: PayRequest) {
      const saved = await payments.update(orderId, pay(attempt, clock.now()));
      return concluded(await unlessUnavailable(saved, () => cashier.proceed(orderId)));
    }

    const concluded = (payment: Payment) =>
      unlessUnavailable(payment, () => cashier.conclude(payment));

    const orderKnown = (orderId: string) =>
      changes.until(
        orderId,
        () => payments.get(orderId),
        (payment) => payment?.order != null && payment.order.status !== 'created',
        ORDER_WAIT_MS,
      );

    app.get(
      '/api/payments/options',
      {
        schema: {
          tags,
          operationId: 'getPaymentOptions',
          summary: 'How payments can be made',
          querystring: paymentOptionsQuery,
          response: responses({ 200: paymentOptionsSchema }, 400),
        },
      },
      async ({ query: { price } }) => ({
        testMode: gateway.testMode,
        gateway: gateway.name,
        afterDecline: config.decline,
        ...(price &&
          gateway.form && { form: gateway.form({ amount: price, currency: config.currency }) }),
      }),
    );

    app.get(
      '/api/payments/:orderId',
      {
        onRequest: signedIn,
        schema: {
          tags,
          operationId: 'getCharge',
          summary: 'The charge of one of your orders',
          params: byOrderId,
          response: responses({ 200: ownChargeSchema }, 401, 403, 404),
        },
      },
      async (request) => {
        const payment = await payments.require(request.params.orderId);
        if (payment.order) mustBeBuyer(payment.order, sessionOf(request).userId);
        return toCharge(payment);
      },
    );

    app.post(
      '/api/payments/:orderId/settle',
      {
        onRequest: signedIn,
        schema: {
          tags,
          operationId: 'settlePayment',
          summary: 'Have the gateway asked how a payment stands, once the buyer was at their bank',
          params: byOrderId,
          body: settlePaymentSchema,
          response: responses({ 200: ownChargeSchema }, 400, 401, 402, 403, 404, 429),
        },
      },
      async (request) => {
        const payment = await payments.require(request.params.orderId);
        return answered(payment, request, () => limits.asking(payment.id));
      },
    );

    /** How a payment stands after its buyer was asked by their bank. @throws Problem (403) when it is another's. */
    async function answered(payment: Payment, request: Request, ask: () => Promise<unknown>) {
      const { userId } = sessionOf(request);
      if (payment.order) mustBeBuyer(payment.order, userId);
      const { charge } = payment;
      if (charge?.status !== 'created') return outcome(payment, clock.now());
      await ask();
      const settled = await concluded(await cashier.settle(payment.id));
      if (charge.nextAction)
        await limits.confirmed({ userId, address: request.ip, orderId: payment.id }, settled);
      return outcome(settled, clock.now());
    }

    const { authenticate } = gateway;
    if (authenticate) {
      app.post(
        '/api/test-gateway/:id/confirm',
        {
          onRequest: signedIn,
          schema: {
            tags: ['test gateway'],
            operationId: 'confirmTestPayment',
            summary: "Test mode only: the buyer's bank asks, and the buyer approves or refuses",
            params: byPaymentId,
            body: authenticationSchema,
            response: responses({ 200: ownChargeSchema }, 400, 401, 402, 403, 404),
          },
        },
        async (request) => {
          const { id } = request.params;
          const payment = await payments.getByKey('stripe', id);
          if (!payment?.order) throw notFound('payment');
          return answered(payment, request, () => authenticate(id, request.body.approve));
        },
      );
    }
  };

/** Returns what is known when the outcome is not: the reconciler finds out. */
async function unlessUnavailable(known: Payment, act: () => Promise<Payment>): Promise<Payment> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Unavailable) return known;
    throw error;
  }
}

/** The charge as shown to its buyer. @throws Problem (402) when the payment was declined. */
function outcome(payment: Payment, now: number) {
  const charge = toCharge(payment);
  const { code } = charge.decline ?? {};
  const wasDeclined = code !== undefined && !REFUSALS.includes(code);
  if (charge.status !== 'failed' && !wasDeclined) return charge;
  const reason = charge.decline?.message ?? 'The payment was not completed.';
  const mayRetry = awaitsCard(payment, now);
  const end = mayRetry
    ? 'You were not charged, and the ticket is still held for you: try another card.'
    : 'The order is cancelled; you were not charged.';
  throw new Problem(402, 'payment_declined', `${reason} ${end}`, { extensions: { mayRetry } });
}
