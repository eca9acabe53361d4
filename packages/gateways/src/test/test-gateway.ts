/** A payment gateway that moves no money. It answers Stripe's test payment methods as Stripe does. */
import { createHash } from 'node:crypto';
import { DuplicateKey, Problem, Unavailable, VersionConflict } from '@fairseat/common/errors';
import type {
  GatewayPayment,
  ListedPayment,
  OpenGateway,
  Stored,
  TableDefinition,
} from '@fairseat/common/ports';

/** A payment, as stored at the gateway. */
interface TestPayment extends Stored, Omit<ListedPayment, 'refundId'> {
  /** The idempotency keys of all confirmations so far. */
  confirmations: string[];
  refundId: string | null;
  /** When the money that is `processing` arrives. Milliseconds since the epoch. */
  arrivesAt?: number;
  /** True when its money is held and cannot be taken. */
  refusesCapture?: boolean;
}

const testPayments: TableDefinition<TestPayment> = { name: 'payments' };

type Outcome = 'holds' | 'refuses capture' | 'takes' | 'processes' | 'asks' | Decline;
type Decline = NonNullable<GatewayPayment['decline']>;

const SLOW_MS = 2000;
const LISTED_AT_ONCE = 100;
const PROCESSING_MS = 60_000;
/** As long as Visa, Mastercard and American Express hold money for whoever sells on the internet. */
const HELD_MS = 7 * 24 * 60 * 60_000;

const methods: Record<string, Outcome> = {
  pm_card_visa: 'holds',
  pm_card_mastercard: 'holds',
  pm_card_chargeDeclined: { code: 'card_declined', message: 'Your card was declined.' },
  pm_card_chargeDeclinedInsufficientFunds: {
    code: 'insufficient_funds',
    message: 'Your card has insufficient funds.',
  },
  pm_card_authenticationRequired: 'asks',
  // Fairseat's own, for tests of slow answers, failures, and methods that hold no money.
  pm_fairseat_slow: 'holds',
  pm_fairseat_answerLost: 'holds',
  pm_fairseat_unavailable: 'holds',
  pm_fairseat_captureRefused: 'refuses capture',
  pm_fairseat_takesAtOnce: 'takes',
  pm_fairseat_processing: 'processes',
};

/** What the contract suite of gateways may try on this one besides. */
export const testGatewayTricks = {
  answerLost: 'pm_fairseat_answerLost',
  unavailable: 'pm_fairseat_unavailable',
  takesAtOnce: 'pm_fairseat_takesAtOnce',
  processing: { token: 'pm_fairseat_processing', arrivesAfterMs: PROCESSING_MS },
  captureRefused: 'pm_fairseat_captureRefused',
  heldMs: HELD_MS,
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
      const payment = await change(paymentId, (current) =>
        confirmed(current, key, outcome, clock.now()),
      );
      if (token === 'pm_fairseat_answerLost' && !asked) {
        throw new Unavailable('The answer of the test gateway was lost.');
      }
      return answer(payment);
    },

    async capture(paymentId) {
      return answer(
        await change(paymentId, ({ status, refusesCapture }) =>
          status === 'authorized' && !refusesCapture ? { status: 'succeeded' } : {},
        ),
      );
    },

    async find(paymentId) {
      const payment = await find(paymentId);
      const isSo = asOf(clock.now(), payment) === payment;
      return answer(isSo ? payment : await change(paymentId, () => ({})));
    },

    async cancel(paymentId) {
      return answer(
        await change(paymentId, ({ status }) =>
          status === 'succeeded' || status === 'processing' ? {} : { status: 'cancelled' },
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

    async *list(since) {
      const from = new Date(since).toISOString();
      for (let behind: string | undefined = ''; behind !== undefined; ) {
        const payments: TestPayment[] = await table.walk(behind, LISTED_AT_ONCE);
        for (const payment of payments.filter(({ createdAt }) => createdAt >= from)) {
          const { orderId, currency } = payment;
          yield { ...answer(payment), ...(orderId && { orderId }), ...(currency && { currency }) };
        }
        behind = payments.at(-1)?.id;
      }
    },

    async authenticate(paymentId, approve) {
      return answer(
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

/** What has become of a payment by now. */
function asOf(now: number, payment: TestPayment): TestPayment {
  const { status, captureBefore = 0, arrivesAt = 0 } = payment;
  if (status === 'authorized' && now >= captureBefore) return { ...payment, status: 'cancelled' };
  if (status === 'processing' && now >= arrivesAt) return { ...payment, status: 'succeeded' };
  return payment;
}

const held = (now: number) => ({ status: 'authorized' as const, captureBefore: now + HELD_MS });

function confirmed(
  { status, confirmations: before }: TestPayment,
  key: string,
  outcome: Outcome,
  now: number,
): Partial<TestPayment> {
  const isOpen = status === 'unconfirmed' || status === 'requires_action';
  if (!isOpen || before.includes(key)) return {};
  return { confirmations: [...before, key], ...after(now, outcome) };
}

function after(now: number, outcome: Outcome): Partial<TestPayment> {
  switch (outcome) {
    case 'holds':
      return held(now);
    case 'refuses capture':
      return { ...held(now), refusesCapture: true };
    case 'takes':
      return { status: 'succeeded' };
    case 'processes':
      return { status: 'processing', arrivesAt: now + PROCESSING_MS };
    case 'asks':
      return { status: 'requires_action' };
    default:
      return { status: 'unconfirmed', decline: outcome };
  }
}

function answer(payment: TestPayment): GatewayPayment {
  const { id, status, amount, decline, refundId, captureBefore } = payment;
  return {
    id,
    status,
    amount,
    ...(refundId && { refundId }),
    ...(status === 'authorized' && captureBefore !== undefined && { captureBefore }),
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
