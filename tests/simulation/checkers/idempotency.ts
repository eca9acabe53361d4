/** Idempotency keys: those that people sent to the marketplace, and those that it sent to the payment gateway. */
import type { Entry } from '@fairseat/platform/simulated';
import { bodyOf, type Exchange } from '../exchange.ts';
import { must } from './violation.ts';

interface Use {
  bodies: Set<string>;
  /** The first success. */
  granted?: { body: string; recordId: string };
}

/** The same request is the same record. */
export class IdempotencyKeys {
  readonly #uses = new Map<string, Use>();

  asked(exchange: Exchange): void {
    this.#useOf(exchange)?.bodies.add(JSON.stringify(exchange.body));
  }

  answered(exchange: Exchange): void {
    const use = this.#useOf(exchange);
    const { reply } = exchange;
    if (use === undefined || reply === undefined) return;
    const body = JSON.stringify(exchange.body);
    const { id = '', code } = bodyOf(reply);
    if (code === 'idempotency_key_reused') {
      must('a key is one request', use.bodies.size > 1, () => `${body} was refused as another`);
    }
    if (reply.status !== 201) return;
    use.granted ??= { body, recordId: id };
    const { granted } = use;
    must(
      'a key is one request',
      granted.body === body && granted.recordId === id,
      () => `one key gave ${granted.recordId} for ${granted.body} and ${id} for ${body}`,
    );
  }

  #useOf({ userId, route, headers }: Exchange): Use | undefined {
    const key = headers?.['idempotency-key'];
    if (key === undefined) return undefined;
    const name = `${userId} ${route} ${key}`;
    const use = this.#uses.get(name) ?? { bodies: new Set() };
    this.#uses.set(name, use);
    return use;
  }
}

/** Asked again, whatever happened meanwhile, the gateway must know it for the same request. */
export class GatewayKeys {
  readonly #known = new Map<string, string>();

  asked({ call, args }: Extract<Entry, { kind: 'gateway' }>): void {
    const [request, key] = call === 'open' ? opening(args) : acting(args);
    if (call !== 'open' && call !== 'confirm' && call !== 'refund') return;
    const name = `${call} ${request}`;
    const known = this.#known.get(name) ?? key;
    this.#known.set(name, key);
    const told = () => `${name} was asked for with the keys ${known} and ${key}`;
    must('the gateway is asked with one key', key === known, told);
  }
}

function opening([payment]: readonly unknown[]) {
  const { orderId, key } = payment as { orderId: string; key: string };
  return [orderId, key] as const;
}

/** The payment, what to pay with if it is that, and last the key. */
const acting = (args: readonly unknown[]) =>
  [args.slice(0, -1).join(' '), String(args.at(-1))] as const;
