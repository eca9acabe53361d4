/** Checks that the open charge of a cancelled order is settled soon, not only by saying it again. */
import type { Ledger } from './ledger.ts';
import { must } from './violation.ts';

/** The sweep comes each second, and a slow payment takes some more. */
const SOON_MS = 10_000;

export class Settling {
  readonly #ledger: Ledger;
  readonly #isCalm: boolean;
  readonly #openSinceMs = new Map<string, number>();

  constructor(ledger: Ledger, isCalm: boolean) {
    this.#ledger = ledger;
    this.#isCalm = isCalm;
  }

  /** @throws Violation */
  look(orderId: string, nowMs: number): void {
    if (!this.#isCalm) return;
    const sinceMs = this.#openSinceMs.get(orderId);
    if (this.#isOpen(orderId)) {
      this.#openSinceMs.set(orderId, sinceMs ?? nowMs);
      return;
    }
    this.#openSinceMs.delete(orderId);
    const tookMs = nowMs - (sinceMs ?? nowMs);
    const message = () => `the charge of cancelled order ${orderId} was settled after ${tookMs} ms`;
    must('a cancelled order is settled soon', tookMs <= SOON_MS, message);
  }

  #isOpen(orderId: string): boolean {
    const charge = this.#ledger.payments.get(orderId)?.charge;
    const isCancelled = this.#ledger.orders.get(orderId)?.status === 'cancelled';
    const isSettled = charge?.status === 'failed' || charge?.stripeRefundId !== null;
    return isCancelled && charge != null && !isSettled;
  }
}
