/** Sessions: tokens that auth alone signs and every service verifies; an event ends them before their time. */
import { exportJWK, generateKeyPair, importJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Clock, Stored, TableDefinition } from '../../ports/index.ts';

export const SESSION_SECONDS = 7 * 24 * 60 * 60;

const ALGORITHM = 'EdDSA';
const ISSUER = 'fairseat';
/** Tells a session from every other JWT that the same key might ever sign (RFC 8725). */
const TYPE = 'session+jwt';
const AUDIENCE = 'fairseat';
const MAX_TOKEN_LENGTH = 1024;
const CACHED_TOKENS = 20_000;

export interface Session {
  userId: string;
  sessionId: string;
  /** ISO 8601. */
  expiresAt: string;
}

/** Returns a signed token, valid for `SESSION_SECONDS`. */
export type SignSession = (userId: string, sessionId: string) => Promise<string>;
/** Returns the session of a token, or null when the token is forged, malformed or expired. */
export type VerifySession = (token: string) => Promise<Session | null>;

/** Creates a private key (Ed25519), which auth alone may keep. */
export async function createSessionKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return exportJWK(privateKey);
}

/** The public half of a key, which every service may have. */
export function publicKeyOf({ kty, crv, x }: JWK): JWK {
  return { kty, crv, x } as JWK;
}

/** Only auth signs sessions. The token is a JWT. */
export async function createSessionSigner(
  privateKey: JWK,
  clock: Pick<Clock, 'now'>,
): Promise<SignSession> {
  const key = await importJWK(privateKey, ALGORITHM);
  return (userId, sessionId) => {
    const nowSeconds = Math.floor(clock.now() / 1000);
    return new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(userId)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + SESSION_SECONDS)
      .sign(key);
  };
}

/** Verifying a signature costs over 100 µs, so verified tokens are cached. */
export async function createSessionVerifier(
  publicKey: JWK,
  clock: Pick<Clock, 'now'>,
): Promise<VerifySession> {
  const key = await importJWK(publicKey, ALGORITHM);
  const verified = new LRUCache<string, Session>({ max: CACHED_TOKENS });

  return async (token) => {
    if (token.length > MAX_TOKEN_LENGTH) return null;
    let session = verified.get(token) ?? null;
    if (session === null) {
      session = await verify(token);
      if (session) verified.set(token, session);
    }
    return session && Date.parse(session.expiresAt) > clock.now() ? session : null;
  };

  async function verify(token: string): Promise<Session | null> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        requiredClaims: ['sub', 'sid', 'exp'],
        currentDate: new Date(clock.now()),
      });
      if (!isOurs(protectedHeader.typ, TYPE) || !isOurs(payload.aud, AUDIENCE)) return null;
      return {
        userId: String(payload.sub),
        sessionId: String(payload['sid']),
        expiresAt: new Date(Number(payload.exp) * 1000).toISOString(),
      };
    } catch {
      return null;
    }
  }
}

/** 0.1.0 sets neither type nor audience, and its replicas sign beside ours: the next release requires both. */
const isOurs = (value: unknown, expected: string) => value === undefined || value === expected;

/** A session that was ended by signing out, kept until it would have expired. */
export interface EndedSession extends Stored {
  expiresAt: string;
}

/** Each service keeps a replica, so that it refuses an ended session even while auth is away. */
export const endedSessions: TableDefinition<EndedSession> = {
  name: 'ended_sessions',
  forgetAt: (session) => Date.parse(session.expiresAt),
};
