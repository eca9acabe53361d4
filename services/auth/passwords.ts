import { Problem } from '@fairseat/common/errors';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';

export interface Passwords {
  /** Returns the hash of a password, to be stored. */
  hash(password: string): Promise<string>;
  /** Takes as long for an unknown user (no hash) as for a wrong password. */
  matches(passwordHash: string | undefined, password: string): Promise<boolean>;
}

/** OWASP's recommendation for argon2id, which is this library's default algorithm. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Hashing runs on Node's four pool threads, which file access and DNS need too. */
const AT_ONCE = 2;
/** The last in this queue waits about half a second. */
const MAX_WAITING = 64;

/** Keyboards differ in how they encode the same letter. */
const normal = (password: string) => password.normalize('NFKC');

/** Hashes with argon2id, in PHC format, two at a time. Both methods throw Problem (503) when too many wait. */
export function createPasswords(): Passwords {
  const limit = pLimit(AT_ONCE);
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.pendingCount >= MAX_WAITING) {
      throw new Problem(503, 'busy', 'Too many people are signing in right now. Try again.', {
        retryAfterSeconds: 1,
      });
    }
    return limit(work);
  };
  const nobody = hash('nobody has this password', PARAMETERS);

  return {
    hash: async (password) => inTurn(() => hash(normal(password), PARAMETERS)),
    matches: async (passwordHash, password) => {
      const matched = await inTurn(async () =>
        verify(passwordHash ?? (await nobody), normal(password)),
      );
      return matched && passwordHash !== undefined;
    },
  };
}
