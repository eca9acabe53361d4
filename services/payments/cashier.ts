/** Carries decisions about charges out at the payment gateway. Every step may be repeated after a crash. */
import type { PaymentStatus } from '@fairseat/common/contracts/charge';
import { Problem, Unavailable } from '@fairseat/common/errors';
import type { Records, ServiceContext } from '@fairseat/common/kit';
import type { GatewayPayment } from '@fairseat/common/ports';
import { isGivenBack, isWatched, noteAftermath, owesRefund } from './aftermath.ts';
import type { Charge, Payment, PaymentFact } from './charge.ts';
import {
  awaitsDecision,
  isAuthorized,
  isEndUnknown,
  isOfThisCard,
  lastRequest,
  lookAfter,
  mayCapture,
  mayConfirm,
  mayTryAnother,
  mustVoid,
  noteDeclined,
  noteOpened,
  noteTokenRefused,
  remind,
  settle,
} from './decisions.ts';

export interface Cashier {
  /** Continues a saved charge from its present state. @throws Problem (400) when the gateway does not know the card. */
  proceed(orderId: string): Promise<Payment>;
  /** Waits a while for the decision of orders on money that is held, and takes it or gives it back. */
  conclude(payment: Payment): Promise<Payment>;
  /** Reads the payment at the gateway and saves its outcome. */
  settle(orderId: string): Promise<Payment>;
  /** Takes over the outcome at the gateway, and does what follows from it, due or not. */
  bringToEnd(orderId: string): Promise<void>;
  /** Refunds, voids, captures, continues or says again a charge that is due. */
  lookAfter(orderId: string): Promise<void>;
}

type Surroundings = Pick<
  ServiceContext<'gateway'>,
  'gateway' | 'clock' | 'changes' | 'log' | 'trouble'
>;

/** The longest wait until orders has decided on money that is held. */
const DECISION_WAIT_MS = 1000;

/** `mostDeclines` cards of an order may be declined: the last one ends it. */
export function createCashier(
  payments: Records<Payment, PaymentFact>,
  { gateway, clock, changes, log, trouble }: Surroundings,
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

    async conclude(payment) {
      const { id, charge } = payment;
      if (!isAuthorized(charge)) return payment;
      const read = () => payments.require(id);
      await changes.until(id, read, (known) => !awaitsDecision(known), DECISION_WAIT_MS);
      return actOnDecision(id);
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
      else await actOnDecision(orderId);
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
    const settled = await takeOverOutcome(payment, answer, wasAsked);
    return answer.refund || answer.dispute ? takeOverAftermath(payment.id, answer) : settled;
  }

  async function takeOverOutcome(payment: Payment, answer: GatewayPayment, wasAsked: boolean) {
    const { id: orderId, charge } = payment;
    const { decline, nextAction, ...state } = answer;
    const isNews = isOfThisCard(payment, wasAsked);
    if (!decline || !isNews) {
      const told = { ...state, ...(isNews && nextAction && { nextAction }) };
      return payments.update(orderId, settle(told, null, clock.now()));
    }
    if (answer.status === 'cancelled') {
      return payments.update(orderId, settle(state, decline, clock.now()));
    }
    if (mayTryAnother(payment, mostDeclines, clock.now())) {
      return payments.update(orderId, noteDeclined(lastRequest(charge), decline));
    }
    // The payment could otherwise still be confirmed elsewhere.
    const cancelled = await gateway.cancel(answer.id);
    return payments.update(orderId, settle(cancelled, decline, clock.now()));
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

  async function actOnDecision(orderId: string): Promise<Payment> {
    const payment = await payments.require(orderId);
    if (mustVoid(payment, clock.now())) return cancel(orderId);
    return mayCapture(payment) ? capture(payment) : payment;
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
    const { id, stripeId: paymentId, amount } = chargeOf(payment);
    if (!paymentId) throw new Error(`Charge ${id} took money but has no payment`);
    // Gateways forget idempotency keys after a while, but not refunds, so the refund is looked for first.
    const found = await gateway.find(paymentId);
    if (isGivenBack(found, amount)) return takeOver(payment, found);
    await gateway.refund(paymentId, `${id}:refund`);
    return takeOver(payment, await gateway.find(paymentId));
  }
}

const troubles: Partial<Record<PaymentFact['type'], string>> = {
  'charge.refund_failed': 'a refund came back: the buyer must get the money another way',
  'charge.disputed': 'a buyer asks their bank for the money: answer at the gateway',
};

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

function chargeOf({ id, charge }: Pick<Payment, 'id' | 'charge'>): Charge {
  if (charge === null) throw new Error(`Order ${id} has no charge`);
  return charge;
}
