import type { RateLimiter } from '@fairseat/common/ports';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  type RateLimiterRes,
} from 'rate-limiter-flexible';

export interface Limit {
  count: number;
  perSeconds: number;
}

const secondsUntil = ({ msBeforeNext }: RateLimiterRes) =>
  Math.max(1, Math.ceil(msBeforeNext / 1000));

/** Counts in the memory of this process. */
export const createCounters = ({ count, perSeconds }: Limit) =>
  new RateLimiterMemory({ points: count, duration: perSeconds });

export function createRateLimiter(
  limit: Limit,
  counters: RateLimiterAbstract = createCounters(limit),
): RateLimiter {
  const answer = (counted: RateLimiterRes | null, allowed: number) => ({
    retryAfterSeconds: counted && counted.consumedPoints > allowed ? secondsUntil(counted) : 0,
  });
  return {
    count: async (key) => answer(await counters.penalty(key), limit.count),
    peek: async (key) => answer(await counters.get(key), limit.count - 1),
    uncount: async (key) => {
      await counters.reward(key);
    },
    forget: async (key) => {
      await counters.delete(key);
    },
  };
}

export const unlimited: RateLimiter = {
  count: async () => ({ retryAfterSeconds: 0 }),
  peek: async () => ({ retryAfterSeconds: 0 }),
  uncount: async () => {},
  forget: async () => {},
};
