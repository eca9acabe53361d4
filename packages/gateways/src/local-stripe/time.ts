/** What the time brings about by itself. */
import type { Scene } from './acts.ts';
import { endProcessing, expireAuthorization } from './endings.ts';
import type { Payment, Upcoming } from './model.ts';
import { endRefund, openDispute } from './refunds.ts';
import { expireSession } from './sessions.ts';

const happenings: Record<
  Upcoming['what'],
  (payment: Payment, scene: Scene, id: string) => unknown
> = {
  authorization_ends: expireAuthorization,
  processing_ends: endProcessing,
  refund_ends: endRefund,
  dispute_opens: openDispute,
  session_ends: expireSession,
};

/** Does all that is due, each at its own time. */
export function elapse(payment: Payment, scene: Scene): void {
  for (;;) {
    const [next] = payment.upcoming.toSorted((a, b) => a.at - b.at);
    if (!next || next.at > scene.now) return;
    payment.upcoming = payment.upcoming.filter((upcoming) => upcoming !== next);
    happenings[next.what](payment, { ...scene, now: next.at, request: null }, next.id);
  }
}
