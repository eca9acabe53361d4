import type { NextAction } from '../contracts/charge.ts';

/** A payment, as stored at the gateway. */
export interface GatewayPayment {
  id: string;
  status: 'unconfirmed' | 'requires_action' | 'processing' | 'succeeded' | 'cancelled';
  /** The amount to take, in the currency's minor unit. */
  amount: number;
  /** Set when the last confirmation was declined; the payment is then `unconfirmed` again. */
  decline?: { code: string; message: string };
  nextAction?: NextAction;
  /** Set once the money was refunded. */
  refundId?: string;
}

/**
 * Takes and refunds money. Calls with a key are idempotent: the same key acts once and gets the first answer again.
 * All methods throw `Unavailable` when the outcome is unknown: call again with the same key, or `find`.
 */
export interface PaymentGateway {
  /** True when no real money moves. */
  readonly testMode: boolean;
  /** Opens a payment, which takes no money yet. `amount` is in the currency's minor unit. */
  open(payment: {
    key: string;
    orderId: string;
    amount: number;
    currency: string;
  }): Promise<GatewayPayment>;
  /**
   * Tries to take the money with this payment method. A decline is an answer, not an error.
   * @throws Problem (400) when the gateway does not know the payment method.
   */
  confirm(paymentId: string, token: string, key: string): Promise<GatewayPayment>;
  find(paymentId: string): Promise<GatewayPayment>;
  /** Cancels a payment for good. One that has succeeded stays so, which the returned `status` shows. */
  cancel(paymentId: string): Promise<GatewayPayment>;
  /** Refunds the whole amount. Returns the refund's id. */
  refund(paymentId: string, key: string): Promise<{ id: string }>;
  /** Passes on the buyer's answer to their bank. Only a gateway that stands in for the bank too has this. */
  authenticate?(paymentId: string, approve: boolean): Promise<GatewayPayment>;
}
