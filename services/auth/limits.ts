import { tooManyRequests } from '@fairseat/common/errors';
import { networkLimiter, networksOf, type ServiceContext } from '@fairseat/common/kit';

/** Who tries to sign in, and as whom. */
interface Attempt {
  address: string;
  /** The name of the account, whatever its spelling. */
  account: string;
  /** The id of the device, if it is known to the account. */
  device: string | undefined;
}

export interface Limits {
  /** Counts a sign-up. @throws Problem (429) when there were too many from the network of this address. */
  signUp(address: string): Promise<void>;
  /**
   * Runs the check of a password, which returns its owner.
   * @throws Problem (429) when too many were wrong; whatever `check` throws.
   */
  signIn<T>(attempt: Attempt, check: () => Promise<T | undefined>): Promise<T | undefined>;
}

/** After `count` failures in `perSeconds` an attempt is let through every `everySeconds`: nobody is locked out. */
interface Pace {
  count: number;
  perSeconds: number;
  everySeconds: number;
  refusal: string;
}

const QUARTER_HOUR = 15 * 60;
const HOUR = 60 * 60;
/** Of one account from one network, or from one known device. */
const BOTH: Pace = {
  ...{ count: 5, perSeconds: QUARTER_HOUR, everySeconds: 60 },
  refusal: 'Too many wrong passwords for this account from where you are.',
};
/** Of all accounts from one network: people of an office or of a carrier wait for each other no longer. */
const NETWORK: Pace = {
  ...{ count: 100, perSeconds: QUARTER_HOUR, everySeconds: 1 },
  refusal: 'Too many wrong passwords from your network.',
};
/** Of one account from all networks together. */
const ACCOUNT: Pace = {
  ...{ count: 20, perSeconds: HOUR, everySeconds: 30 },
  refusal: 'Too many wrong passwords for this account.',
};
/** One check costs 10 ms of a core: no network (an IPv6 /48 as a whole) gets more of the queue than this. */
const MAX_AT_ONCE = 16;

interface Counter<K extends string[]> {
  count(...key: K): Promise<{ retryAfterSeconds: number }>;
  uncount(...key: K): Promise<unknown>;
  forget(...key: K): Promise<unknown>;
}

/** What an attempt must pass. */
interface Gate {
  /** Counts the attempt before it is made, so that guesses made all at once are limited too. @throws Problem (429) */
  enter(): Promise<void>;
  /** Takes it back, since it was not made. */
  undo(): Promise<unknown>;
  /** Takes it back, since the password was right. */
  pass(): Promise<unknown>;
}

function gate<K extends string[]>(
  create: (name: string, limit: { count: number; perSeconds: number }) => Counter<K>,
  name: string,
  { count, perSeconds, everySeconds, refusal }: Pace,
  ifRight: 'forget' | 'uncount',
): (...key: K) => Gate {
  const failures = create(name, { count, perSeconds });
  const turns = create(`${name}-turn`, { count: 1, perSeconds: everySeconds });
  return (...key) => ({
    async enter() {
      const counted = await Promise.all([failures.count(...key), turns.count(...key)]);
      const seconds = Math.min(...counted.map(({ retryAfterSeconds }) => retryAfterSeconds));
      if (seconds > 0) throw tooManyRequests(refusal, seconds);
    },
    undo: () => Promise.all([failures.uncount(...key), turns.forget(...key)]),
    pass: () => Promise.all([failures[ifRight](...key), turns.forget(...key)]),
  });
}

async function passing<T>(gates: Gate[], check: () => Promise<T | undefined>) {
  const entered: Gate[] = [];
  try {
    for (const each of gates) {
      await each.enter();
      entered.push(each);
    }
    const found = await check();
    if (found !== undefined) await Promise.all(entered.map((each) => each.pass()));
    return found;
  } catch (error) {
    await Promise.all(entered.map((each) => each.undo()));
    throw error;
  }
}

/** Runs work of the same key one after the other. */
function createTurns() {
  const last = new Map<string, Promise<void>>();
  return <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const done = (last.get(key) ?? Promise.resolve()).then(work);
    const over = done
      .then(
        () => {},
        () => {},
      )
      .finally(() => {
        if (last.get(key) === over) last.delete(key);
      });
    last.set(key, over);
    return done;
  };
}

/**
 * Wrong passwords slow down whoever they may come from: an account at one network, a network, and an account as a whole,
 * from however many networks. A known device is slowed down by its own alone.
 */
export function createLimits({ rateLimiter, config }: ServiceContext<'rateLimiter'>): Limits {
  const byNetwork = (name: string, limit: { count: number; perSeconds: number }) =>
    networkLimiter(rateLimiter, name, limit);
  const signUps = byNetwork('sign-up', { count: 20, perSeconds: HOUR });
  const ofBoth = gate(byNetwork, 'sign-in-both', BOTH, 'forget');
  const ofDevice = gate(rateLimiter, 'sign-in-device', BOTH, 'forget');
  const ofNetwork = gate(byNetwork, 'sign-in-address', NETWORK, 'uncount');
  const ofAccount = gate(rateLimiter, 'sign-in-account', ACCOUNT, 'uncount');

  const underWay = new Map<string, number>();
  const atOnce = async <T>(from: string, check: () => Promise<T>): Promise<T> => {
    const others = underWay.get(from) ?? 0;
    if (others >= MAX_AT_ONCE) {
      throw tooManyRequests('Too many sign-ins from your network at once. Try again.', 1);
    }
    underWay.set(from, others + 1);
    try {
      return await check();
    } finally {
      const left = (underWay.get(from) ?? 1) - 1;
      if (left > 0) underWay.set(from, left);
      else underWay.delete(from);
    }
  };
  const inTurn = createTurns();

  return {
    async signUp(address) {
      const { retryAfterSeconds } = await signUps.count(address);
      if (retryAfterSeconds > 0) {
        throw tooManyRequests(
          'Too many sign-ups from your network. Wait a while.',
          retryAfterSeconds,
        );
      }
    },
    async signIn({ address, account, device }, check) {
      if (!config.rateLimits) return check();
      const gates = device
        ? [ofDevice(`${device} ${account}`)]
        : [ofBoth(address, account), ofNetwork(address), ofAccount(account)];
      const from = device ?? networksOf(address).at(-1) ?? address;
      // Several at once of one account are no failures of each other.
      return atOnce(from, () => inTurn(`${from} ${account}`, () => passing(gates, check)));
    },
  };
}
