import type { AnyEvent } from '@fairseat/common/events';

/** A small event that belongs to no order. */
export function sessionEnded(id: string, now: number): AnyEvent {
  const time = new Date(now).toISOString();
  return {
    ...{ specversion: '1.0', id, source: 'auth', type: 'session.ended', subject: id, time },
    ...{ version: 1, correlationid: id, traceparent: `00-${id}-${id.slice(16)}-01` },
    data: { sessionId: id, expiresAt: time },
  };
}
