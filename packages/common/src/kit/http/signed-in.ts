import type { FastifyReply, FastifyRequest } from 'fastify';
import { notSignedIn } from '../../errors.ts';
import type { Table } from '../../ports/index.ts';
import type { Config } from '../process/config.ts';
import {
  type EndedSession,
  SESSION_SECONDS,
  type Session,
  type VerifySession,
} from './sessions.ts';

/** Name and options of the session cookie, the same wherever it is set, read or cleared. */
export function sessionCookie(config: Config) {
  const secure = config.publicOrigin?.startsWith('https:') ?? false;
  return {
    // A __Host- cookie cannot be set by a sibling domain, but browsers accept it over HTTPS only.
    name: secure ? '__Host-session' : 'session',
    options: { httpOnly: true, sameSite: 'lax', path: '/', secure, maxAge: SESSION_SECONDS },
  } as const;
}

/** Finds the session of a request. */
export interface Visitors {
  /** The request's session, or null when it has none that is valid. */
  visitorOf(request: FastifyRequest): Promise<Session | null>;
  /** An `onRequest` hook: sets `request.session`, or refuses with 401 before the body is read. */
  signedIn(request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

export function createVisitors(
  config: Config,
  verifySession: VerifySession,
  endedSessions: Table<EndedSession>,
): Visitors {
  const tokensOf = cookiesNamed(sessionCookie(config).name);

  const visitorOf = async (request: FastifyRequest) => {
    for (const token of tokensOf(request)) {
      const session = await verifySession(token);
      if (session && !(await endedSessions.get(session.sessionId))) return session;
    }
    return null;
  };

  return {
    visitorOf,
    async signedIn(request) {
      request.session = await visitorOf(request);
      if (request.session === null) throw notSignedIn();
    },
  };
}

/** More than an honest browser has under one name. Each is verified, which costs time. */
const MAX_COOKIES = 4;

/** Reads the values of all cookies of a name: one that is stale, or of another path, may come before the good one. */
export function cookiesNamed(name: string): (request: FastifyRequest) => string[] {
  const pattern = new RegExp(`(?:^|;)\\s*${name}="?([^;"\\s]*)`, 'g');
  return ({ headers }) => {
    const found = (headers.cookie ?? '').matchAll(pattern);
    return Array.from(found, ([, value = '']) => value).slice(0, MAX_COOKIES);
  };
}

/** The session of a request that has passed `signedIn`. @throws Problem (401) for any other. */
export function sessionOf(request: FastifyRequest): Session {
  if (request.session === null) throw notSignedIn();
  return request.session;
}
