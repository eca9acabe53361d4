import type { Stored } from '@fairseat/common/contracts/shared';
import { DuplicateKey } from '@fairseat/common/errors';
import type { AnyEvent, EventData } from '@fairseat/common/events';
import type { EndedSession, Records, Session } from '@fairseat/common/kit';
import type { Table, TableDefinition } from '@fairseat/common/ports';

/** A session by its id, from its beginning until it expires, whether it was ended before or not. */
export interface BegunSession extends Stored {
  userId: string;
  expiresAt: string;
}

export const begunSessions: TableDefinition<BegunSession> = {
  name: 'begun_sessions',
  indexes: { user: ({ userId }) => userId },
  forgetAt: ({ expiresAt }) => Date.parse(expiresAt),
};

const AT_ONCE = 100;

export interface SessionFact {
  type: 'session.ended';
  sessionId: string;
  expiresAt: string;
  endedAt: string;
}

/** Ends a session in every service. Ending it again changes nothing. */
export async function endSession(
  sessions: Records<EndedSession, SessionFact>,
  { sessionId, expiresAt }: Pick<Session, 'sessionId' | 'expiresAt'>,
  now: number,
): Promise<void> {
  const endedAt = new Date(now).toISOString();
  try {
    await sessions.create([{ type: 'session.ended', sessionId, expiresAt, endedAt }]);
  } catch (error) {
    if (!(error instanceof DuplicateKey)) throw error;
  }
}

/**
 * Ends every session of a user that has begun. Those of a release that kept no list of them (0.1.0) are not found: they
 * expire within seven days.
 */
export async function endSessionsOf(
  userId: string,
  begun: Table<BegunSession>,
  sessions: Records<EndedSession, SessionFact>,
  now: number,
): Promise<void> {
  const query = { where: { user: userId }, limit: AT_ONCE };
  let cursor: string | null = null;
  do {
    const page = await begun.find(cursor ? { ...query, cursor } : query);
    await Promise.all(
      page.records.map(({ id, expiresAt }) =>
        endSession(sessions, { sessionId: id, expiresAt }, now),
      ),
    );
    cursor = page.nextCursor;
  } while (cursor !== null);
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
