/** Carries decisions about charges out at the payment gateway. Every step may be repeated after a crash. */
import type { PaymentStatus } from '@fairseat/common/contracts/charge';
import { Problem, Unavailable } from '@fairseat/common/errors';
import type { Records } from '@fairseat/common/kit';
import type { Clock, GatewayPayment, PaymentGateway } from '@fairseat/common/ports';
import type { Charge, Payment, PaymentFact } from './charge.ts';
import {
  awaitsDecision,
  isOfThisCard,
  lastRequest,
  lookAfter,
  mayCapture,
  mayConfirm,
  mayTryAnother,
  mustVoid,
  noteDeclined,
  noteOpened,
  noteRefunded,
  noteTokenRefused,
  owesRefund,
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

/** `mostDeclines` cards of an order may be declined: the last one ends it. */
export function createCashier(
  payments: Records<Payment, PaymentFact>,
  gateway: PaymentGateway,
  clock: Clock,
  mostDeclines: number,
): Cashier {
  const cashier: Cashier = {
    async proceed(orderId) {
      const { payment, paymentId, answer } = await opened(orderId);
      if (answer.status === 'authorized' && mayCapture(payment)) return capture(payment);
      if (!mayConfirm(payment, clock.now()) || !mayBeConfirmed(answer, payment)) {
        return takeOver(payment, answer);
      }
      const charge = chargeOf(payment) as Charge & { token: string };
      try {
        const confirm = () => gateway.confirm(paymentId, charge.token, confirmKey(charge), orderId);
        return await takeOver(payment, await unlessReleased(payment, confirm), true);
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
      const payment = await payments.require(orderId);
      const { stripeId: paymentId } = chargeOf(payment);
      return paymentId === null ? payment : takeOver(payment, await gateway.find(paymentId));
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
      else await payments.update(orderId, remind(clock.now()));
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
      if (error instanceof Problem && charge?.token) {
        const { code, message } = error;
        await payments.update(id, noteTokenRefused(charge.token, { code, message }));
      }
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

  /** `payment` is as it was before the gateway was asked, `wasAsked` whether that was with the card under way. */
  async function takeOver(payment: Payment, answer: GatewayPayment, wasAsked = false) {
    const { id: orderId, charge } = payment;
    const { decline, nextAction, ...state } = answer;
    const isNews = isOfThisCard(payment, wasAsked);
    if (!decline || !isNews) {
      const told = { ...state, ...(isNews && nextAction && { nextAction }) };
      return payments.update(orderId, settle(told, null, clock.now()));
    }
    if (mayTryAnother(payment, mostDeclines, clock.now())) {
      return payments.update(orderId, noteDeclined(lastRequest(charge), decline));
    }
    // The payment could otherwise still be confirmed elsewhere.
    const cancelled = await gateway.cancel(answer.id);
    return payments.update(orderId, settle(cancelled, decline, clock.now()));
  }

  /** Takes the money that is held. What the gateway refuses to capture is given back for good. */
  async function capture(payment: Payment): Promise<Payment> {
    const { id, stripeId } = payment.charge as Charge & { stripeId: string };
    try {
      const answer = await gateway.capture(stripeId, `${id}:capture`);
      return await takeOver(payment, await voided(answer));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      // The answer may have been lost after the money was taken.
      return cashier.settle(payment.id);
    }
  }

  async function cancel(orderId: string): Promise<Payment> {
    try {
      const { payment, answer } = await opened(orderId);
      return await takeOver(payment, await voided(answer));
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
    const { id: chargeId, stripeId: paymentId } = chargeOf(payment);
    if (!paymentId) throw new Error(`Charge ${chargeId} took money but has no payment`);
    // Gateways forget idempotency keys after a while, but not refunds, so the refund is looked for first.
    const { refundId } = await gateway.find(paymentId);
    const { id } = refundId
      ? { id: refundId }
      : await gateway.refund(paymentId, `${chargeId}:refund`);
    await payments.update(payment.id, noteRefunded(id));
  }
}

/** Nothing is held: the money was taken, is on its way, or was given back. */
const OVER: PaymentStatus[] = ['succeeded', 'processing', 'cancelled'];

const mayBeConfirmed = ({ status, decline }: GatewayPayment, payment: Payment) =>
  status === 'requires_action' ||
  (status === 'unconfirmed' && (!decline || !isOfThisCard(payment)));

/** The same card may be tried again, and is then asked again. */
const confirmKey = ({ id, token, declines }: Charge) =>
  declines ? `${id}:${token}:${declines}` : `${id}:${token}`;

/** Only the buyer can replace a card that the gateway does not know, so the charge waits for another one. */
function unlessRefused(error: unknown) {
  if (!(error instanceof Problem)) throw error;
}

function chargeOf({ id, charge }: Payment): Charge {
  if (charge === null) throw new Error(`Order ${id} has no charge`);
  return charge;
}
