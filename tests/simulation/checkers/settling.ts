/** Checks that what is open is settled soon, not only by saying it again and again. */
import { SAY_AGAIN_MS } from '@fairseat/common/contracts/order';
import { isCalm, type Plan } from '../plan.ts';
import type { Ledger } from './ledger.ts';
import { must } from './violation.ts';

/** The sweep comes each second, and a slow payment takes some more. */
const SOON_MS = 10_000;
/** About the most calls, events and looks between money that is held and its end. */
const STEPS = 20;

export class Settling {
  readonly #ledger: Ledger;
  readonly #isCalm: boolean;
  readonly #heldForMs: number;
  readonly #openSinceMs = new Map<string, number>();
  readonly #heldSinceMs = new Map<string, number>();
  readonly #securedSinceMs = new Map<string, number>();

  constructor(ledger: Ledger, plan: Plan, mostSkewMs: number) {
    this.#ledger = ledger;
    this.#isCalm = isCalm(plan);
    this.#heldForMs = heldForMs(plan, mostSkewMs);
  }

  /** @throws Violation */
  look(orderId: string, nowMs: number): void {
    const heldMs = lastedMs(this.#heldSinceMs, orderId, nowMs, this.#isHeld(orderId));
    const message = () => `the money for order ${orderId} was held for ${heldMs} ms`;
    must('held money is settled soon', heldMs <= this.#heldForMs, message);
    const securedMs = lastedMs(this.#securedSinceMs, orderId, nowMs, this.#isSecured(orderId));
    const secured = () => `order ${orderId} was secured for ${securedMs} ms`;
    must('a secured order ends soon', securedMs <= this.#heldForMs, secured);
    if (!this.#isCalm) return;
    const openMs = lastedMs(this.#openSinceMs, orderId, nowMs, this.#isOpen(orderId));
    const settled = () => `the charge of cancelled order ${orderId} was settled after ${openMs} ms`;
    must('a cancelled order is settled soon', openMs <= SOON_MS, settled);
  }

  #isHeld(orderId: string): boolean {
    const charge = this.#ledger.payments.get(orderId)?.charge;
    return charge?.status === 'created' && charge.authorizedAt !== undefined;
  }

  #isSecured(orderId: string): boolean {
    const order = this.#ledger.orders.get(orderId);
    return order?.status === 'awaiting_payment' && order.securedAt !== undefined;
  }

  /** Money that was on its way is waited for. */
  #isOpen(orderId: string): boolean {
    const charge = this.#ledger.payments.get(orderId)?.charge;
    const isCancelled = this.#ledger.orders.get(orderId)?.status === 'cancelled';
    const isSettled = charge?.status === 'failed' || charge?.stripeRefundId !== null;
    const wasOnItsWay = this.#ledger.gateway.get(charge?.stripeId ?? '')?.arrivesAt !== undefined;
    return isCancelled && charge != null && !isSettled && !wasOnItsWay;
  }
}

/** Notes since when something is so. Returns how long it was so once it ends, and 0 until then. */
function lastedMs(sinceMs: Map<string, number>, id: string, nowMs: number, isSo: boolean): number {
  const since = sinceMs.get(id) ?? nowMs;
  if (isSo) sinceMs.set(id, since);
  else sinceMs.delete(id);
  return isSo ? 0 : nowMs - since;
}

/** Each word that is lost costs a minute until it is said again. */
function heldForMs({ weather, faults, eventsKeptMs }: Plan, mostSkewMs: number): number {
  // What is said again after a restore or a lost bus is late by design.
  if (eventsKeptMs !== undefined) return Number.POSITIVE_INFINITY;
  const { latencyMs, slowMs, reorderMs, gatewaySlowMs } = weather;
  const stepMs = latencyMs[1] + slowMs + reorderMs + gatewaySlowMs + 1000;
  const faultsMs = faults.reduce((sumMs, { lastsMs }) => sumMs + lastsMs, 0);
  const lost = faults.filter(({ kind }) => kind === 'event lost').length;
  return (1 + lost) * SAY_AGAIN_MS + STEPS * stepMs + faultsMs + 2 * mostSkewMs;
}
