/** Checks idempotency keys: those of people to the marketplace, and those of payments to the gateway. */
import type { Entry } from '@fairseat/platform/simulated';
import { bodyOf, type Exchange, subjectOf } from '../exchange.ts';
import { UNKNOWN_TOKEN } from './answers.ts';
import type { Ledger } from './ledger.ts';
import { must } from './violation.ts';

interface Use {
  bodies: Set<string>;
  /** Orders that a refusal named as being in the way. */
  inTheWay: { body: string; orderId: string }[];
  /** The first success. */
  granted?: { body: string; recordId: string; to: number };
}

/** The refusals that a request may still get after it was granted. */
const STILL = [
  'payment_declined',
  'ticket_unavailable',
  'price_changed',
  'not_signed_in',
  'unavailable',
];

/** The same request must give the same record. */
export class IdempotencyKeys {
  readonly #uses = new Map<string, Use>();
  /** Which request made a record is not published: after a restore its key may be refused, or be another request's. */
  readonly #touched: ReadonlySet<string>;

  constructor(touched: ReadonlySet<string>) {
    this.#touched = touched;
  }

  asked(exchange: Exchange): void {
    this.#useOf(exchange)?.bodies.add(JSON.stringify(exchange.body));
  }

  answered(exchange: Exchange): void {
    const use = this.#useOf(exchange);
    const { reply } = exchange;
    if (use === undefined || reply === undefined || this.#isLost(use, exchange)) return;
    const body = JSON.stringify(exchange.body);
    const { id = '', code, detail } = bodyOf(reply);
    if (code === 'idempotency_key_reused') {
      must('a key is one request', use.bodies.size > 1, () => `${body} was refused as another`);
    }
    const orderId = code === 'already_yours' && /[0-9a-f]{32}/.exec(detail ?? '')?.[0];
    if (orderId) use.inTheWay.push({ body, orderId });
    const itself = use.inTheWay.find(
      (other) => other.orderId === (use.granted?.recordId ?? id) && other.body === body,
    );
    must('a key is one request', itself === undefined, () => `${body} was in its own way`);
    const isAgain = use.granted?.body === body && exchange.from > use.granted.to;
    must(
      'a key is one request',
      !isAgain || reply.status < 400 || STILL.includes(code ?? ''),
      () => `${body} was granted before, and is now refused: ${code}`,
    );
    // An unknown card leaves nothing behind, so its key is free again.
    if (reply.status !== 201 || exchange.body?.['token'] === UNKNOWN_TOKEN) return;
    use.granted ??= { body, recordId: id, to: exchange.to };
    const { granted } = use;
    must(
      'a key is one request',
      granted.body === body && granted.recordId === id,
      () => `one key gave ${granted.recordId} for ${granted.body} and ${id} for ${body}`,
    );
  }

  #isLost({ granted }: Use, { reply, ...exchange }: Exchange): boolean {
    const first = granted ? subjectOf({ ...exchange, body: JSON.parse(granted.body) }) : '';
    const ids = [granted?.recordId ?? '', first, subjectOf(exchange)];
    if (ids.some((id) => this.#touched.has(id))) return true;
    return this.#touched.size > 0 && bodyOf(reply).code === 'idempotency_key_reused';
  }

  #useOf({ userId, route, headers }: Exchange): Use | undefined {
    const key = headers?.['idempotency-key'];
    if (key === undefined) return undefined;
    const name = `${userId} ${route} ${key}`;
    const use = this.#uses.get(name) ?? { bodies: new Set(), inTheWay: [] };
    this.#uses.set(name, use);
    return use;
  }
}

/** A repeated call must have the same key, so that the gateway recognises it, whatever happened meanwhile. */
export class GatewayKeys {
  readonly #known = new Map<string, Set<string>>();
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  asked({ call, args }: Extract<Entry, { kind: 'gateway' }>): void {
    const [request, key] = call === 'open' ? opening(args) : acting(call, args);
    // A charge that was under way is not published: one that is lost with its database is begun once more.
    if (call === 'open' && this.#ledger.undone.has(`payments_payments ${request}`)) return;
    if (!['open', 'confirm', 'capture', 'refund'].includes(call)) return;
    const name = `${call} ${request}`;
    const known = (this.#known.get(name) ?? new Set()).add(key);
    this.#known.set(name, known);
    // A card that was declined may be tried again, and is then asked anew.
    const isFew = known.size <= 1 + (call === 'confirm' ? this.#declines(args) : 0);
    const message = () => `${name} was asked for with the keys ${[...known]}`;
    must('the gateway is asked with one key', isFew, message);
  }

  #declines([paymentId]: readonly unknown[]): number {
    const orderId = this.#ledger.orderOfPayment.get(String(paymentId)) ?? '';
    return this.#ledger.payments.get(orderId)?.charge?.declines ?? 0;
  }
}

function opening([payment]: readonly unknown[]) {
  const { orderId, key } = payment as { orderId: string; key: string };
  return [orderId, key] as const;
}

/** What stands before the key is the request: the payment, and the card that it is confirmed with. */
function acting(call: string, args: readonly unknown[]) {
  const at = call === 'confirm' ? 2 : 1;
  return [args.slice(0, at).join(' '), String(args[at])] as const;
}
