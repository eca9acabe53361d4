import type { RateLimiter } from '@fairseat/common/ports';
import type { Environment } from './environment.ts';

export interface Counter {
  count: number;
  endsAtMs: number;
}

/** Counts in virtual time, for all processes together. A window begins with the first attempt in it. */
export function createRateLimiter(
  counters: Map<string, Counter>,
  limit: { count: number; perSeconds: number },
  { queue }: Environment,
): RateLimiter {
  const current = (key: string): Counter | undefined => {
    const counter = counters.get(key);
    return counter && counter.endsAtMs > queue.nowMs ? counter : undefined;
  };
  const answer = (counter: Counter | undefined, allowed: number) => ({
    retryAfterSeconds:
      counter && counter.count > allowed
        ? Math.max(1, Math.ceil((counter.endsAtMs - queue.nowMs) / 1000))
        : 0,
  });
  const add = (key: string, count: number) => {
    const endsAtMs = queue.nowMs + limit.perSeconds * 1000;
    const counter = current(key) ?? { count: 0, endsAtMs };
    counter.count += count;
    counters.set(key, counter);
    return counter;
  };
  return {
    count: async (key) => answer(add(key, 1), limit.count),
    peek: async (key) => answer(current(key), limit.count - 1),
    uncount: async (key) => {
      add(key, -1);
    },
    forget: async (key) => {
      counters.delete(key);
    },
  };
}
