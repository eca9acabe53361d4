import { isIPv6 } from 'node:net';
import { tooManyRequests } from '@fairseat/common/errors';
import type { ServiceContext } from '@fairseat/common/kit';
import type { RateLimiter } from '@fairseat/common/ports';

export interface Limits {
  /** @throws Problem (429) */
  signUp(address: string): Promise<void>;
  /** To be asked before a password is checked; may take its time. @throws Problem (429) */
  beforeSignIn(address: string, account: string): Promise<void>;
  signInFailed(address: string, account: string): Promise<void>;
  signInSucceeded(address: string, account: string): Promise<void>;
}

const QUARTER_HOUR = 15 * 60;
const SLOW_MS = 1000;

/**
 * Guessing is limited by address and account together, and by address: so a stranger cannot lock a person out.
 * An account under attack from many addresses is only slowed.
 */
export function createLimits({ rateLimiter, clock }: ServiceContext): Limits {
  const signUps = rateLimiter('sign-up', { count: 20, perSeconds: 3600 });
  const byBoth = rateLimiter('sign-in-both', { count: 5, perSeconds: QUARTER_HOUR });
  const byAddress = rateLimiter('sign-in-address', { count: 100, perSeconds: QUARTER_HOUR });
  const byAccount = rateLimiter('sign-in-account', { count: 20, perSeconds: QUARTER_HOUR });

  const refuseIfOver = async (limiter: RateLimiter, key: string) => {
    const { retryAfterSeconds } = await limiter.peek(key);
    if (retryAfterSeconds > 0) {
      throw tooManyRequests(
        'Too many failed attempts. Wait before you try again.',
        retryAfterSeconds,
      );
    }
  };

  return {
    async signUp(address) {
      const { retryAfterSeconds } = await signUps.count(network(address));
      if (retryAfterSeconds > 0) {
        throw tooManyRequests(
          'Too many sign-ups from your network. Wait a while.',
          retryAfterSeconds,
        );
      }
    },
    async beforeSignIn(address, account) {
      await refuseIfOver(byBoth, both(address, account));
      await refuseIfOver(byAddress, network(address));
      const { retryAfterSeconds } = await byAccount.peek(account);
      if (retryAfterSeconds > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        clock.after(SLOW_MS, resolve);
        await promise;
      }
    },
    async signInFailed(address, account) {
      await Promise.all([
        byBoth.count(both(address, account)),
        byAddress.count(network(address)),
        byAccount.count(account),
      ]);
    },
    async signInSucceeded(address, account) {
      await byBoth.forget(both(address, account));
    },
  };
}

const both = (address: string, account: string) => `${network(address)} ${account}`;

/** Whoever has one IPv6 address usually has 2^64 of them. */
function network(address: string) {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail = ''] = address.split('::');
  const left = head.split(':').filter(Boolean);
  const right = tail.split(':').filter(Boolean);
  const zeros = Array(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
