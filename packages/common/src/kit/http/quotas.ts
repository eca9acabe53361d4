/** Limits on what people may do in a window of time. */
import { tooManyRequests } from '../../errors.ts';
import type { RateLimiter } from '../../ports/index.ts';

interface Quota {
  limiter: { count: RateLimiter['count']; uncount(key: string): Promise<unknown> };
  key: string;
  /** Says in words what the limit is. */
  refusal: string;
}

/**
 * Counts an attempt in all of these, before it is made, so that those made at once are limited too. The returned function
 * takes it back. @throws Problem (429) when one is used up; then none has counted it.
 */
export async function countIn(quotas: Quota[]): Promise<() => Promise<void>> {
  const takeBack = async () => {
    await Promise.all(quotas.map(({ limiter, key }) => limiter.uncount(key)));
  };
  const waits = await Promise.all(
    quotas.map(async ({ limiter, key }) => (await limiter.count(key)).retryAfterSeconds),
  );
  const longest = Math.max(...waits);
  if (longest === 0) return takeBack;
  await takeBack();
  throw tooManyRequests(quotas[waits.indexOf(longest)]?.refusal ?? '', longest);
}
