/** What every act on a payment needs: the time, ids, and a way to tell of it. */
import type { Delivery, Payment, Upcoming } from './model.ts';
import { findObject } from './objects.ts';
import type { Origin } from './render.ts';

/** How long a bank account is asked, and until a refund changes or a dispute opens. */
export const LATER_MS = 10_000;

/** How an act is carried out. It changes the payment that it is given, which is then saved whole. */
export interface Scene {
  now: number;
  /** A new id that begins with `prefix_`. */
  newId(prefix: string): string;
  origin: Origin;
  /** The request that asked for it; null for what happens by itself. */
  request: { id: string; key: string | null } | null;
  /** How an event is to reach the webhooks. */
  deliveries(now: number): Delivery[];
}

/** Adds an event about one of the payment's objects, as it is now, unless nobody sees it yet. */
export function tell(payment: Payment, scene: Scene, type: string, id: string): void {
  const object = findObject(payment, id, scene.origin);
  if (!object) return;
  payment.told.push({
    id: scene.newId('evt'),
    type,
    created: scene.now,
    object,
    request: scene.request,
    deliveries: scene.deliveries(scene.now),
  });
}

export const schedule = (payment: Payment, upcoming: Upcoming): void => {
  payment.upcoming.push(upcoming);
};

/** What was to happen to this charge, refund or session happens no more. */
export const unschedule = (payment: Payment, id: string): void => {
  payment.upcoming = payment.upcoming.filter((upcoming) => upcoming.id !== id);
};
