/** For tests: messages as Stripe sends them to webhooks. */
import { createHmac } from 'node:crypto';

export interface Message {
  payload: string;
  headers: Record<string, string>;
}

/** The header by which Stripe signs. `atMs` is in milliseconds since the epoch. */
export function signature(payload: string, secret: string, atMs: number): string {
  const seconds = Math.floor(atMs / 1000);
  const hmac = createHmac('sha256', secret).update(`${seconds}.${payload}`).digest('hex');
  return `t=${seconds},v1=${hmac}`;
}

export const message = (content: unknown, secret: string, atMs: number): Message => {
  const payload = typeof content === 'string' ? content : JSON.stringify(content);
  return {
    payload,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'stripe-signature': signature(payload, secret, atMs),
    },
  };
};

/** An event that carries its object, as it was when the event happened. */
export const snapshot = (type: string, object: object) => ({
  ...{ id: 'evt_1', object: 'event', type, api_version: '2026-10-28.endive' },
  data: { object },
});

/** An event that only names its object. */
export const thin = (type: string, kind: string, id: string) => ({
  ...{ id: 'evt_2', object: 'v2.core.event', type: `v1.${type}` },
  related_object: { id, type: kind, url: `/v1/${kind}s/${id}` },
});
