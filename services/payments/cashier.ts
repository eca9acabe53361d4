/** Carries decisions about charges out at the payment gateway. Every step may be repeated after a crash. */
import type { PaymentStatus } from '@fairseat/common/contracts/charge';
import { Problem, Unavailable } from '@fairseat/common/errors';
import type { Records, ServiceContext } from '@fairseat/common/kit';
import type { GatewayPayment } from '@fairseat/common/ports';
import { isGivenBack, isWatched, noteAftermath, owesRefund } from './aftermath.ts';
import type { Charge, Payment, PaymentFact } from './charge.ts';
import {
  awaitsDecision,
  isEndUnknown,
  lookAfter,
  mayCapture,
  mayConfirm,
  mustVoid,
  noteOpened,
  noteTokenRefused,
  remind,
  settle,
} from './decisions.ts';

export interface Cashier {
  /** Continues a saved charge from its present state. @throws Problem (400) when the gateway does not know the card. */
  proceed(orderId: string): Promise<Payment>;
  /** Takes the money that is held, or gives it back, as orders has decided. */
  conclude(orderId: string): Promise<Payment>;
  /** Reads the payment at the gateway and saves its outcome. */
  settle(orderId: string): Promise<Payment>;
  /** Takes over the outcome at the gateway, and does what follows from it, due or not. */
  bringToEnd(orderId: string): Promise<void>;
  /** Refunds, voids, captures, continues or says again a charge that is due. */
  lookAfter(orderId: string): Promise<void>;
}

type Surroundings = Pick<ServiceContext<'gateway'>, 'gateway' | 'clock' | 'log' | 'trouble'>;

export function createCashier(
  payments: Records<Payment, PaymentFact>,
  { gateway, clock, log, trouble }: Surroundings,
): Cashier {
  const cashier: Cashier = {
    async proceed(orderId) {
      const { payment, paymentId, answer } = await opened(orderId);
      if (answer.status === 'authorized' && mayCapture(payment)) return capture(payment);
      if (!mayConfirm(payment, clock.now()) || !mayBeConfirmed(answer)) {
        return takeOver(orderId, answer);
      }
      const { id, token } = chargeOf(payment) as Charge & { token: string };
      try {
        const confirm = () => gateway.confirm(paymentId, token, `${id}:${token}`, orderId);
        return await takeOver(orderId, await unlessReleased(payment, confirm));
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        // The answer may have been lost after the money was taken.
        return cashier.settle(orderId);
      }
    },

    async conclude(orderId) {
      const payment = await payments.require(orderId);
      if (mustVoid(payment, clock.now())) return cancel(orderId);
      return mayCapture(payment) ? capture(payment) : payment;
    },

    async settle(orderId) {
      const { stripeId: paymentId } = chargeOf(await payments.require(orderId));
      if (paymentId === null) return payments.require(orderId);
      return takeOver(orderId, await gateway.find(paymentId));
    },

    async bringToEnd(orderId) {
      await opened(orderId);
      const payment = await cashier.settle(orderId);
      if (owesRefund(payment)) await refund(payment);
      else await cashier.conclude(orderId);
    },

    async lookAfter(orderId) {
      const payment = await claim(orderId);
      if (payment === undefined) return;
      if (owesRefund(payment)) await refund(payment);
      else if (mustVoid(payment, clock.now())) await cancel(orderId);
      else if (payment.charge?.status === 'created' && !awaitsDecision(payment))
        await cashier.proceed(orderId).catch(unlessRefused);
      else if (isEndUnknown(payment) || payment.charge?.status !== 'completed')
        await payments.update(orderId, remind(clock.now()));
      else if (isWatched(payment.charge)) await cashier.settle(orderId);
    },
  };
  return cashier;

  /** The charge with its payment at the gateway, opened if it was not. Opening takes no money. */
  async function opened(orderId: string) {
    const payment = await payments.require(orderId);
    const { id: key, stripeId: paymentId, amount, currency } = chargeOf(payment);
    if (paymentId) return { payment, paymentId, answer: await gateway.find(paymentId) };
    const open = () => gateway.open({ key, orderId, amount, currency });
    const answer = await unlessReleased(payment, open);
    return {
      payment: await payments.update(orderId, noteOpened(answer.id)),
      paymentId: answer.id,
      answer,
    };
  }

  /** What the gateway refuses for good is no longer under way, so that the buyer may try again. */
  async function unlessReleased<T>({ id, charge }: Payment, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const token = error instanceof Problem && charge?.token;
      if (token) await payments.update(id, noteTokenRefused(token));
      throw error;
    }
  }

  /** Undefined when another process has looked after the charge, or the order has ended, since it was due. */
  async function claim(orderId: string): Promise<Payment | undefined> {
    let isMine = false;
    const payment = await payments.update(orderId, (current) => {
      const facts = lookAfter(clock.now())(current);
      isMine = facts.length > 0;
      return facts;
    });
    return isMine ? payment : undefined;
  }

  async function takeOver(orderId: string, answer: GatewayPayment): Promise<Payment> {
    const { decline } = answer;
    // After a decline the payment could otherwise still be confirmed elsewhere.
    const final = decline ? await gateway.cancel(answer.id) : answer;
    const payment = await payments.update(orderId, settle(final, decline ?? null, clock.now()));
    return final.refund || final.dispute ? takeOverAftermath(orderId, final) : payment;
  }

  async function takeOverAftermath(orderId: string, answer: GatewayPayment): Promise<Payment> {
    let facts: PaymentFact[] = [];
    const payment = await payments.update(orderId, (current) => {
      facts = noteAftermath(answer, clock.now())(current);
      return facts;
    });
    for (const { type } of facts) tell(type, payment);
    return payment;
  }

  /** What operators must know. */
  function tell(type: PaymentFact['type'], { id: orderId, charge }: Payment) {
    const { stripeId: paymentId, refund, dispute } = chargeOf({ id: orderId, charge });
    const about = { orderId, paymentId, refund, dispute };
    const what = troubles[type];
    if (what) trouble(type, what, about);
    else log.info(about, type);
  }

  /** Takes the money that is held. What the gateway refuses to capture is given back for good. */
  async function capture({ id: orderId, charge }: Payment): Promise<Payment> {
    const { id, stripeId } = charge as Charge & { stripeId: string };
    try {
      const answer = await gateway.capture(stripeId, `${id}:capture`);
      return await takeOver(orderId, await voided(answer));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      // The answer may have been lost after the money was taken.
      return cashier.settle(orderId);
    }
  }

  async function cancel(orderId: string): Promise<Payment> {
    try {
      const { answer } = await opened(orderId);
      return await takeOver(orderId, await voided(answer));
    } catch (error) {
      // What the gateway refuses to open holds nothing.
      unlessRefused(error);
      return payments.update(orderId, settle({ status: 'cancelled' }, null, clock.now()));
    }
  }

  /** Gives back for good what is held. A payment that is processing cannot be cancelled: its outcome is waited for. */
  async function voided(answer: GatewayPayment): Promise<GatewayPayment> {
    return OVER.includes(answer.status) ? answer : gateway.cancel(answer.id);
  }

  async function refund(payment: Payment) {
    const { id, stripeId: paymentId, amount } = chargeOf(payment);
    if (!paymentId) throw new Error(`Charge ${id} took money but has no payment`);
    // Gateways forget idempotency keys after a while, but not refunds, so the refund is looked for first.
    const found = await gateway.find(paymentId);
    if (isGivenBack(found, amount)) return takeOver(payment.id, found);
    await gateway.refund(paymentId, `${id}:refund`);
    return takeOver(payment.id, await gateway.find(paymentId));
  }
}

const troubles: Partial<Record<PaymentFact['type'], string>> = {
  'charge.refund_failed': 'a refund came back: the buyer must get the money another way',
  'charge.disputed': 'a buyer asks their bank for the money: answer at the gateway',
};

/** Nothing is held: the money was taken, is on its way, or was given back. */
const OVER: PaymentStatus[] = ['succeeded', 'processing', 'cancelled'];

const mayBeConfirmed = ({ status, decline }: GatewayPayment) =>
  status === 'requires_action' || (status === 'unconfirmed' && !decline);

/** Only the buyer can replace a card that the gateway does not know, so the charge waits for another one. */
function unlessRefused(error: unknown) {
  if (!(error instanceof Problem)) throw error;
}

function chargeOf({ id, charge }: Pick<Payment, 'id' | 'charge'>): Charge {
  if (charge === null) throw new Error(`Order ${id} has no charge`);
  return charge;
}
