import type { Dispute, NextAction, PaymentStatus, Refund } from '../contracts/charge.ts';
import type { PaymentForm, PaymentOptions } from '../contracts/payment-options.ts';

/** A payment, as stored at the gateway. */
export interface GatewayPayment {
  id: string;
  status: PaymentStatus;
  /** The amount to take, in the currency's minor unit. */
  amount: number;
  /** Set when the last confirmation was declined; the payment is then `unconfirmed` again, or was cancelled for it. */
  decline?: { code: string; message: string };
  nextAction?: NextAction;
  /** Until when an `authorized` payment can be captured. Milliseconds since the epoch. */
  captureBefore?: number;
  /**
   * What is given back, or on its way: `amount` in all, `id` that of the newest refund. `failed` when a refund came back, and
   * nothing is given back.
   */
  refund?: Refund;
  /** Set once the buyer has asked their bank for the money. */
  dispute?: Dispute;
}

/** A payment with what the gateway was told when it was opened. */
export interface ListedPayment extends GatewayPayment {
  /** Undefined when it was opened by somebody else, or by a release that did not say so. */
  orderId?: string;
  currency?: string;
}

/**
 * Holds, takes and refunds money. Calls with a key are idempotent: the same key acts once and gets the first answer again.
 * All methods throw `Unavailable` when the outcome is unknown: call again with the same key, or `find`.
 */
export interface PaymentGateway {
  /** True when no real money moves. */
  readonly testMode: boolean;
  /** Whose it is, as buyers are told. */
  readonly name: PaymentOptions['gateway'];
  /**
   * What Stripe's script needs to ask a buyer for this much, in the currency's minor unit; everybody may read it. A gateway
   * without it takes test cards alone.
   */
  form?(price: { amount: number; currency: string }): PaymentForm;
  /** Opens a payment, which takes no money yet. `amount` is in the currency's minor unit. */
  open(payment: {
    key: string;
    orderId: string;
    amount: number;
    currency: string;
  }): Promise<GatewayPayment>;
  /**
   * Asks for the money with this payment method: the answer is `authorized`, or `succeeded` where the method takes money
   * at once. A decline is an answer, not an error. From their bank's page the buyer returns to the page of `orderId`.
   * @throws Problem (400) when the gateway does not know the payment method.
   */
  confirm(paymentId: string, token: string, key: string, orderId: string): Promise<GatewayPayment>;
  /**
   * Takes the money of an `authorized` payment. The answer tells the payment as it is afterwards: anything but `succeeded`
   * means that the capture was refused for good, or that there was nothing to capture.
   */
  capture(paymentId: string, key: string): Promise<GatewayPayment>;
  find(paymentId: string): Promise<GatewayPayment>;
  /**
   * Cancels a payment for good, and gives back what is held. One that has succeeded, or is processing, stays so, which the
   * returned `status` shows.
   */
  cancel(paymentId: string): Promise<GatewayPayment>;
  /** Refunds all that was not refunded yet. Returns the refund's id. */
  refund(paymentId: string, key: string): Promise<{ id: string }>;
  /** All payments opened since that time (milliseconds since the epoch), in any order. */
  list?(since: number): AsyncIterable<ListedPayment>;
  /**
   * Checks the signature of a message from the gateway, and tells which payment to look at; undefined when it is about
   * none. Only a gateway that sends messages has this.
   * @throws Problem (400) when the signature is wrong or too old
   */
  verify?(
    body: Uint8Array,
    headers: Record<string, string | string[] | undefined>,
  ): Promise<string | undefined>;
  /** Passes on the buyer's answer to their bank. Only a gateway that stands in for the bank too has this. */
  authenticate?(paymentId: string, approve: boolean): Promise<GatewayPayment>;
}
