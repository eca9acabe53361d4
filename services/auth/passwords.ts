import { Problem } from '@fairseat/common/errors';
import { hash, verify } from '@node-rs/argon2';
import { createFairQueue } from './fair-queue.ts';

export interface Passwords {
  /** Returns the hash of a password, to be stored. Work waits its turn by the network it comes from. */
  hash(password: string, network?: string): Promise<string>;
  /** Takes as long for an unknown user (no hash) as for a wrong password. */
  matches(passwordHash: string | undefined, password: string, network?: string): Promise<boolean>;
}

/** OWASP's recommendation for argon2id, which is this library's default algorithm. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Hashing runs on Node's four pool threads, which file access and DNS need too. */
const AT_ONCE = 2;
/** The last in this queue waits about half a second. */
const MAX_WAITING = 64;

/** Keyboards differ in how they encode the same letter. */
const normal = (password: string) => password.normalize('NFKC');

/** Hashes with argon2id, in PHC format, two at a time, the networks that ask in turn. Both methods throw Problem (503) when too many wait. */
export function createPasswords(): Passwords {
  const inTurn = createFairQueue(
    AT_ONCE,
    MAX_WAITING,
    () =>
      new Problem(503, 'busy', 'Too many people are signing in right now. Try again.', {
        retryAfterSeconds: 1,
      }),
  );
  const nobody = hash('nobody has this password', PARAMETERS);

  return {
    hash: async (password, network = '') =>
      inTurn(network, () => hash(normal(password), PARAMETERS)),
    matches: async (passwordHash, password, network = '') => {
      const matched = await inTurn(network, async () =>
        verify(passwordHash ?? (await nobody), normal(password)),
      );
      return matched && passwordHash !== undefined;
    },
  };
}
