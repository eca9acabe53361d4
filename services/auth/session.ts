import { DuplicateKey } from '@fairseat/common/errors';
import type { AnyEvent, EventData } from '@fairseat/common/events';
import type { EndedSession, Records, Session } from '@fairseat/common/kit';

export interface SessionFact {
  type: 'session.ended';
  sessionId: string;
  expiresAt: string;
  endedAt: string;
}

/** Ends a session in every service. Ending it again changes nothing. */
export async function endSession(
  sessions: Records<EndedSession, SessionFact>,
  { sessionId, expiresAt }: Session,
  now: number,
): Promise<void> {
  const endedAt = new Date(now).toISOString();
  try {
    await sessions.create([{ type: 'session.ended', sessionId, expiresAt, endedAt }]);
  } catch (error) {
    if (!(error instanceof DuplicateKey)) throw error;
  }
}

/** The fact that says the end of a session again. */
export function asItStands({ id, expiresAt, createdAt }: EndedSession): SessionFact[] {
  return [{ type: 'session.ended', sessionId: id, expiresAt, endedAt: createdAt }];
}

export function evolve(_: EndedSession | undefined, fact: SessionFact): EndedSession {
  const { sessionId: id, expiresAt, endedAt: createdAt } = fact;
  return { id, version: 1, createdAt, expiresAt };
}

/** What a database that went back in time has lost. */
export const restored = ({ data, time, version }: AnyEvent): EndedSession => {
  const { sessionId: id, expiresAt } = data as EventData<'session.ended'>;
  return { id, version, createdAt: time, expiresAt };
};
