/** A payment gateway that moves no money. It answers Stripe's test payment methods as Stripe does. */
import { createHash } from 'node:crypto';
import { DuplicateKey, Problem, Unavailable, VersionConflict } from '@fairseat/common/errors';
import type { OpenGateway, TableDefinition } from '@fairseat/common/ports';
import {
  answer,
  asOf,
  authenticationFailed,
  confirmed,
  held,
  methods,
  refunded,
  type TestPayment,
} from './outcomes.ts';

export { testGatewayTricks } from './outcomes.ts';

const SLOW_MS = 2000;
const LISTED_AT_ONCE = 100;

const testPayments: TableDefinition<TestPayment> = { name: 'payments' };

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Calls are idempotent: ids are derived from their keys, and a payment stores the keys of its confirmations. */
export const openTestGateway: OpenGateway = (platform) => {
  const { clock } = platform;
  const table = platform.table('test_gateway', testPayments);

  const find = async (id: string): Promise<TestPayment> => {
    const payment = await table.get(id);
    if (!payment) throw new Error(`The test gateway has no payment ${id}`);
    return payment;
  };

  const change = async (id: string, next: (payment: TestPayment) => Partial<TestPayment>) => {
    for (;;) {
      const stored = await find(id);
      const payment = asOf(clock.now(), stored);
      const changed = { ...payment, ...next(payment), version: stored.version + 1 };
      try {
        await table.replace(stored, changed);
        return changed;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  };

  const tell = (payment: TestPayment) => answer(payment, clock.now());

  return {
    testMode: true,
    name: 'test',

    async open({ key, orderId, amount, currency }) {
      const payment: TestPayment = {
        id: `pi_test_${digest(key)}`,
        version: 1,
        createdAt: new Date(clock.now()).toISOString(),
        status: 'unconfirmed',
        amount,
        orderId,
        currency,
        confirmations: [],
        refundId: null,
      };
      try {
        await table.insert(payment);
        return tell(payment);
      } catch (error) {
        if (!(error instanceof DuplicateKey)) throw error;
        return tell(await find(payment.id));
      }
    },

    async confirm(paymentId, token, key) {
      const outcome = Object.hasOwn(methods, token) ? methods[token] : undefined;
      if (outcome === undefined) throw unknownMethod();
      if (token === 'pm_fairseat_unavailable') throw new Unavailable('The test gateway is away.');
      if (token === 'pm_fairseat_slow') {
        await new Promise<void>((resolve) => void clock.after(SLOW_MS, resolve));
      }
      const asked = (await find(paymentId)).confirmations.includes(key);
      const payment = await change(paymentId, (current) =>
        confirmed(current, key, outcome, clock.now()),
      );
      if (token === 'pm_fairseat_answerLost' && !asked) {
        throw new Unavailable('The answer of the test gateway was lost.');
      }
      return tell(payment);
    },

    async capture(paymentId) {
      return tell(
        await change(paymentId, ({ status, refusesCapture }) =>
          status === 'authorized' && !refusesCapture ? { status: 'succeeded' } : {},
        ),
      );
    },

    async find(paymentId) {
      const payment = await find(paymentId);
      const isSo = asOf(clock.now(), payment) === payment;
      return tell(isSo ? payment : await change(paymentId, () => ({})));
    },

    async cancel(paymentId) {
      return tell(
        await change(paymentId, ({ status }) =>
          status === 'succeeded' || status === 'processing' ? {} : { status: 'cancelled' },
        ),
      );
    },

    async refund(paymentId, key) {
      const id = `re_test_${digest(key)}`;
      const { refundId } = await change(paymentId, (current) => refunded(current, id, clock.now()));
      return { id: refundId as string };
    },

    async *list(since) {
      const from = new Date(since).toISOString();
      for (let behind: string | undefined = ''; behind !== undefined; ) {
        const payments: TestPayment[] = await table.walk(behind, LISTED_AT_ONCE);
        for (const payment of payments.filter(({ createdAt }) => createdAt >= from)) {
          const { orderId, currency } = payment;
          yield {
            ...tell(asOf(clock.now(), payment)),
            ...(orderId && { orderId }),
            ...(currency && { currency }),
          };
        }
        behind = payments.at(-1)?.id;
      }
    },

    async authenticate(paymentId, approve) {
      return tell(
        await change(paymentId, ({ status }) => {
          if (status !== 'requires_action') return {};
          return approve
            ? held(clock.now())
            : { status: 'unconfirmed', decline: authenticationFailed };
        }),
      );
    },
  };
};

const unknownMethod = () => {
  const message = `This payment method is unknown. In test mode use one of: ${Object.keys(methods)
    .filter((method) => method.startsWith('pm_card_'))
    .join(', ')}.`;
  return new Problem(400, 'unknown_payment_method', message, {
    errors: [{ message, field: 'token' }],
  });
};
