import type { RateLimiter } from '@fairseat/common/ports';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

const secondsUntil = ({ msBeforeNext }: RateLimiterRes) =>
  Math.max(1, Math.ceil(msBeforeNext / 1000));

/** Counts in memory, which is where all of one process can see it. */
export function createRateLimiter(limit: { count: number; perSeconds: number }): RateLimiter {
  const counters = new RateLimiterMemory({ points: limit.count, duration: limit.perSeconds });
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
