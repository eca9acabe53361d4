import type { NextAction } from '../contracts/charge.ts';

/** A payment as the gateway keeps it. */
export interface GatewayPayment {
  id: string;
  status: 'unconfirmed' | 'requires_action' | 'processing' | 'succeeded' | 'cancelled';
  /** Amount in minor units that was or will be taken. */
  amount: number;
  /** Set when the last confirmation was declined; the payment is then `unconfirmed` again. */
  decline?: { code: string; message: string };
  nextAction?: NextAction;
  /** Set once the money was given back. */
  refundId?: string;
}

/**
 * Takes the money. Every call is idempotent by its key: the same key answers as the first time and acts once.
 * All methods throw `Unavailable` when the outcome is unknown: ask again with the same key, or `find`.
 */
export interface PaymentGateway {
  /** True when no real money moves. */
  readonly testMode: boolean;
  /** Prepares a payment that takes no money yet. */
  open(payment: {
    key: string;
    orderId: string;
    amount: number;
    currency: string;
  }): Promise<GatewayPayment>;
  /** Tries to take the money with this payment method. A decline is an answer, not an error. */
  confirm(paymentId: string, token: string, key: string): Promise<GatewayPayment>;
  find(paymentId: string): Promise<GatewayPayment>;
  /** Ends a payment for good; one that has succeeded stays so, as the answer tells. */
  cancel(paymentId: string): Promise<GatewayPayment>;
  refund(paymentId: string, key: string): Promise<{ id: string }>;
  /** What the buyer answers their bank. Only a gateway that stands in for the bank as well is asked. */
  authenticate?(paymentId: string, approve: boolean): Promise<GatewayPayment>;
}
