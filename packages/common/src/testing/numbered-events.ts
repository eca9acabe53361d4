/** Events and records that the suites of the bus tell apart by a number. */
import type { AnyEvent } from '../events.ts';
import { createEventFactory } from '../kit/decide/envelope.ts';
import type { Delivery, Platform, TableDefinition } from '../ports/index.ts';
import { auth, expiration, type Harness } from './harness.ts';

export const id = (n: number) => n.toString(16).padStart(32, '0');

export function numberedEvents(platform: Platform, harness: Harness) {
  const newEvent = createEventFactory(auth, harness.clock, platform.newId);
  return (n: number): AnyEvent =>
    newEvent(
      'session.ended',
      { id: id(n), version: 1 },
      {
        sessionId: id(n),
        expiresAt: new Date(harness.clock.now()).toISOString(),
      },
    );
}

export const elapsedEvent = (platform: Platform, harness: Harness, n: number): AnyEvent =>
  createEventFactory(expiration, harness.clock, platform.newId)(
    'expiration.elapsed',
    { id: id(n), version: 1 },
    { orderId: id(n) },
  );

export type Receive = (event: AnyEvent, delivery: Delivery) => Promise<void>;
export const consume = (platform: Platform, group: string, handler: Receive) =>
  platform.bus.consume(group, { 'session.ended': handler });

export interface Counter {
  id: string;
  version: number;
  createdAt: string;
}
export const numbered = (n: number): Counter => ({
  id: id(n),
  version: 1,
  createdAt: new Date(0).toISOString(),
});
export const counters: TableDefinition<Counter> = { name: 'counters' };
