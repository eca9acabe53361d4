/** Events on their way to the merchant: signed, and sent again until they are taken. */
import { createHmac } from 'node:crypto';
import type { Scene } from './acts.ts';
import type { Ledger } from './ledger.ts';
import { DAY_MS, type Delivery, type Json, type Payment, type Told } from './model.ts';
import { renderEvent } from './objects.ts';
import { seconds } from './render-method.ts';

/** Where events go. */
export interface Webhook {
  url: string;
  /** Signs them; begins with `whsec_`. */
  secret: string;
  /** `snapshot`: with the object as it was then. `thin`: with its id alone. */
  payload: 'snapshot' | 'thin';
}

/** Sends an event, and returns the status of the answer. @throws when there is none. */
export type Send = (url: string, body: string, headers: Record<string, string>) => Promise<number>;

const GIVE_UP_AFTER_MS = 3 * DAY_MS;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 3_600_000;

/** Sends what is due of this payment, and notes what became of it. */
export async function deliver(
  payment: Payment,
  scene: Scene,
  ledger: Ledger,
  webhooks: Webhook[],
  send: Send,
): Promise<void> {
  const due = payment.told.flatMap((told) =>
    told.deliveries.filter(({ at }) => at <= scene.now).map((delivery) => ({ told, delivery })),
  );
  const outcomes = await Promise.all(
    due.map(async ({ told, delivery }) => {
      const webhook = webhooks[delivery.webhook];
      const taken = !webhook || (await isTaken(webhook, told, scene.now, send));
      return { told, delivery, taken };
    }),
  );
  if (outcomes.length === 0) return;
  await ledger.change(payment, scene, (draft) => {
    for (const { told, delivery, taken } of outcomes) {
      const kept = draft.told.find(({ id }) => id === told.id) as Told;
      const next = taken ? undefined : again(told, delivery, scene.now);
      const place = kept.deliveries.findIndex((each) => isSame(each, delivery));
      if (place >= 0) kept.deliveries.splice(place, 1, ...(next ? [next] : []));
    }
  });
}

const isSame = (a: Delivery, b: Delivery) =>
  a.webhook === b.webhook && a.at === b.at && a.attempts === b.attempts;

function again(told: Told, { webhook, attempts }: Delivery, now: number): Delivery | undefined {
  const at = now + Math.min(FIRST_PAUSE_MS * 4 ** attempts, LONGEST_PAUSE_MS);
  return at < told.created + GIVE_UP_AFTER_MS ? { webhook, attempts: attempts + 1, at } : undefined;
}

async function isTaken(webhook: Webhook, told: Told, now: number, send: Send): Promise<boolean> {
  const body = JSON.stringify(webhook.payload === 'thin' ? thinEvent(told) : renderEvent(told));
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'stripe-signature': signature(body, webhook.secret, seconds(now)),
    'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
  };
  try {
    const status = await send(webhook.url, body, headers);
    return status >= 200 && status < 300;
  } catch {
    return false;
  }
}

function signature(body: string, secret: string, at: number): string {
  const hash = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return `t=${at},v1=${hash}`;
}

/** A notification: it names the object, which is then asked for. */
export function thinEvent(told: Told): Json {
  const { id, object: kind } = told.object;
  return {
    id: told.id,
    object: 'v2.core.event',
    type: `v1.${told.type}`,
    livemode: false,
    created: new Date(told.created).toISOString(),
    reason: told.request && {
      type: 'request',
      request: { id: told.request.id, idempotency_key: told.request.key ?? '' },
    },
    related_object: { id, type: kind, url: `${PATHS[String(kind)]}/${id}` },
  };
}

const PATHS: Record<string, string> = {
  payment_intent: '/v1/payment_intents',
  charge: '/v1/charges',
  refund: '/v1/refunds',
  dispute: '/v1/disputes',
  'checkout.session': '/v1/checkout/sessions',
};

const ANSWER_WITHIN_MS = 10_000;

export const sendByHttp: Send = async (url, body, headers) => {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const { status } = await fetch(url, {
    method: 'POST',
    body,
    headers,
    signal,
    redirect: 'manual',
  });
  return status;
};
