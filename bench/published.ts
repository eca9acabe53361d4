/** Events by the thousand, each of a record of its own. */
import type { AnyEvent } from '@fairseat/common/events';
import type { EmbeddedPlatform } from '@fairseat/platform/embedded';

export const publishSome = ({ bus, newId, clock }: EmbeddedPlatform, count: number) =>
  Promise.all(
    Array.from({ length: count }, () => {
      const [id, time] = [newId(), new Date(clock.now()).toISOString()];
      return bus.publish({
        specversion: '1.0',
        id,
        source: 'auth',
        type: 'session.ended',
        subject: id,
        time,
        version: 1,
        correlationid: id,
        traceparent: `00-${id}-${id.slice(16)}-01`,
        data: { sessionId: id, expiresAt: time },
      } satisfies AnyEvent);
    }),
  );
