/** Parts of a process that are not what a simulation is about: hashes, signatures and logs. */
import type { Passwords } from '@fairseat/auth';
import { Unavailable, VersionConflict } from '@fairseat/common/errors';
import type { Devices, Log, Session } from '@fairseat/common/kit';
import type { Clock } from '@fairseat/common/ports';

/** Hashing costs time on purpose and runs on threads, so it is passed in. */
export const passwords: Passwords = {
  hash: async (password) => `hash of ${password}`,
  matches: async (hash, password) => hash === `hash of ${password}`,
};

const SESSION_MS = 7 * 24 * 60 * 60 * 1000;

/** Signing runs on threads as well: a token is its session in plain text. */
export const signer = (clock: Clock) => async (userId: string, sessionId: string) =>
  [userId, sessionId, new Date(clock.now() + SESSION_MS).toISOString()].join('~');

export const verifier =
  (clock: Clock) =>
  async (token: string): Promise<Session | null> => {
    const [userId = '', sessionId = '', expiresAt = ''] = token.split('~');
    return Date.parse(expiresAt) > clock.now() ? { userId, sessionId, expiresAt } : null;
  };

/** For a person to know, whatever comes of it. */
const WENT_BACK = /^the database went back in time/;

/** No limit asks for known devices here. */
export const devices: Devices = { sign: async () => '', verify: async () => null };

type Logged = { err?: unknown };

/** The part of a log that services use. Errors are passed on, unless an engine was away. */
export function createLog(onError: (message: string, error: unknown) => void): Log {
  const error = ({ err }: Logged, message: string) => {
    if (!isExcusable(err) && !WENT_BACK.test(message)) onError(message, err);
  };
  const silent = () => {};
  // The loser of a race must try again, and never log its conflict as bad weather.
  const warn = ({ err }: Logged, message: string) => {
    if (err instanceof VersionConflict) onError(message, err);
  };
  const log = { error, warn, info: silent, debug: silent, child: () => log };
  return log as unknown as Log;
}

export function isExcusable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(isExcusable);
  return error instanceof Unavailable;
}
