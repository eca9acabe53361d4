import { tooManyRequests } from '@fairseat/common/errors';
import { networkLimiter, networksOf, type ServiceContext } from '@fairseat/common/kit';

export interface Limits {
  /** Counts a sign-up. @throws Problem (429) when there were too many from the network of this address. */
  signUp(address: string): Promise<void>;
  /**
   * Runs the check of a password, which returns its owner. May wait a second before.
   * @throws Problem (429) when there were too many attempts; whatever `check` throws.
   */
  signIn<T>(
    address: string,
    account: string,
    check: () => Promise<T | undefined>,
  ): Promise<T | undefined>;
}

const QUARTER_HOUR = 15 * 60;
const SLOW_MS = 1000;
/** One check costs 10 ms of a core: no network (an IPv6 /48 as a whole) gets more of the queue than this. */
const MAX_AT_ONCE = 16;

/**
 * Failed attempts are limited for each network and account together, and for each network, but not for an account
 * alone, since a stranger could lock its owner out. An account under attack from many networks is only slowed.
 */
export function createLimits({
  rateLimiter,
  clock,
  config,
}: ServiceContext<'rateLimiter'>): Limits {
  const signUps = networkLimiter(rateLimiter, 'sign-up', { count: 20, perSeconds: 3600 });
  const byBoth = networkLimiter(rateLimiter, 'sign-in-both', {
    count: 5,
    perSeconds: QUARTER_HOUR,
  });
  const byAddress = networkLimiter(rateLimiter, 'sign-in-address', {
    count: 100,
    perSeconds: QUARTER_HOUR,
  });
  const byAccount = rateLimiter('sign-in-account', { count: 20, perSeconds: QUARTER_HOUR });

  const refuseIfOver = ({ retryAfterSeconds }: { retryAfterSeconds: number }) => {
    if (retryAfterSeconds > 0) {
      throw tooManyRequests(
        'Too many failed attempts. Wait before you try again.',
        retryAfterSeconds,
      );
    }
  };

  const underWay = new Map<string, number>();
  const atOnce = async <T>(from: string, check: () => Promise<T>): Promise<T> => {
    const others = underWay.get(from) ?? 0;
    if (config.rateLimits && others >= MAX_AT_ONCE) {
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

  const slowDown = async (account: string) => {
    const { retryAfterSeconds } = await byAccount.peek(account);
    if (retryAfterSeconds === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(SLOW_MS, resolve);
    await promise;
  };

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
    async signIn(address, account, check) {
      refuseIfOver(await byAddress.peek(address));
      // The attempt is counted before the check, so that guesses made all at once are limited too.
      refuseIfOver(await byBoth.count(address, account));
      await slowDown(account);
      const found = await atOnce(networksOf(address).at(-1) ?? address, check).catch(
        async (error) => {
          await byBoth.uncount(address, account);
          throw error;
        },
      );
      if (found !== undefined) await byBoth.forget(address, account);
      else await Promise.all([byAddress.count(address), byAccount.count(account)]);
      return found;
    },
  };
}
