/** A payment gateway that moves no money. It answers Stripe's test payment methods as Stripe does. */
import { createHash } from 'node:crypto';
import { DuplicateKey, Problem, Unavailable, VersionConflict } from '@fairseat/common/errors';
import type { GatewayPayment, OpenGateway, Stored, TableDefinition } from '@fairseat/common/ports';

/** A payment, as stored at the gateway. */
interface TestPayment extends Stored, Omit<GatewayPayment, 'refundId'> {
  /** The idempotency keys of all confirmations so far. */
  confirmations: string[];
  refundId: string | null;
}

const testPayments: TableDefinition<TestPayment> = { name: 'payments' };

type Outcome = 'succeeds' | 'asks' | { code: string; message: string };

const SLOW_MS = 2000;

const methods: Record<string, Outcome> = {
  pm_card_visa: 'succeeds',
  pm_card_mastercard: 'succeeds',
  pm_card_chargeDeclined: { code: 'card_declined', message: 'Your card was declined.' },
  pm_card_chargeDeclinedInsufficientFunds: {
    code: 'insufficient_funds',
    message: 'Your card has insufficient funds.',
  },
  pm_card_authenticationRequired: 'asks',
  // Fairseat's own, for tests of slow answers and failures.
  pm_fairseat_slow: 'succeeds',
  pm_fairseat_answerLost: 'succeeds',
  pm_fairseat_unavailable: 'succeeds',
};

const authenticationFailed = {
  code: 'payment_intent_authentication_failure',
  message: 'The payment was not confirmed.',
};

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
      const payment = await find(id);
      const changed = { ...payment, ...next(payment), version: payment.version + 1 };
      try {
        await table.replace(payment, changed);
        return changed;
      } catch (error) {
        if (!(error instanceof VersionConflict)) throw error;
      }
    }
  };

  return {
    testMode: true,
    name: 'test',

    async open({ key, amount }) {
      const payment: TestPayment = {
        id: `pi_test_${digest(key)}`,
        version: 1,
        createdAt: new Date(clock.now()).toISOString(),
        status: 'unconfirmed',
        amount,
        confirmations: [],
        refundId: null,
      };
      try {
        await table.insert(payment);
        return answer(payment);
      } catch (error) {
        if (!(error instanceof DuplicateKey)) throw error;
        return answer(await find(payment.id));
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
      const payment = await change(paymentId, (current) => confirmed(current, key, outcome));
      if (token === 'pm_fairseat_answerLost' && !asked) {
        throw new Unavailable('The answer of the test gateway was lost.');
      }
      return answer(payment);
    },

    async capture(paymentId) {
      return answer(
        await change(paymentId, ({ status }) =>
          status === 'authorized' ? { status: 'succeeded' } : {},
        ),
      );
    },

    async find(paymentId) {
      return answer(await find(paymentId));
    },

    async cancel(paymentId) {
      return answer(
        await change(paymentId, ({ status }) =>
          status === 'succeeded' ? {} : { status: 'cancelled' },
        ),
      );
    },

    async refund(paymentId, key) {
      const { refundId } = await change(paymentId, ({ status, refundId: before }) => {
        if (status !== 'succeeded') throw new Error(`Payment ${paymentId} has taken no money`);
        return { refundId: before ?? `re_test_${digest(key)}` };
      });
      return { id: refundId as string };
    },

    async authenticate(paymentId, approve) {
      return answer(
        await change(paymentId, ({ status }) => {
          if (status !== 'requires_action') return {};
          return approve
            ? { status: 'succeeded' }
            : { status: 'unconfirmed', decline: authenticationFailed };
        }),
      );
    },
  };
};

function confirmed(payment: TestPayment, key: string, outcome: Outcome): Partial<TestPayment> {
  const over = payment.status === 'succeeded' || payment.status === 'cancelled';
  if (over || payment.confirmations.includes(key)) return {};
  const confirmations = [...payment.confirmations, key];
  if (outcome === 'succeeds') return { confirmations, status: 'succeeded' };
  if (outcome === 'asks') return { confirmations, status: 'requires_action' };
  return { confirmations, status: 'unconfirmed', decline: outcome };
}

function answer({ id, status, amount, decline, refundId }: TestPayment): GatewayPayment {
  return {
    id,
    status,
    amount,
    ...(refundId && { refundId }),
    ...(status === 'unconfirmed' && decline && { decline }),
    ...(status === 'requires_action' && {
      nextAction: { type: 'confirm' as const, url: `/api/test-gateway/${id}/confirm` },
    }),
  };
}

const unknownMethod = () => {
  const message = `This payment method is unknown. In test mode use one of: ${Object.keys(methods)
    .filter((method) => method.startsWith('pm_card_'))
    .join(', ')}.`;
  return new Problem(400, 'unknown_payment_method', message, {
    errors: [{ message, field: 'token' }],
  });
};
