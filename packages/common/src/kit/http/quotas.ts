/** Limits on what people may do in a window of time. */
import { tooManyRequests } from '../../errors.ts';
import type { RateLimiter } from '../../ports/index.ts';

interface Quota {
  limiter: Pick<RateLimiter, 'count' | 'peek'> & { uncount(key: string): Promise<unknown> };
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
  const waits = await Promise.all(quotas.map(({ limiter, key }) => limiter.count(key)));
  const refusal = refusalOf(quotas, waits);
  if (!refusal) return takeBack;
  await takeBack();
  throw refusal;
}

/** Counts nothing. @throws Problem (429) when one of these is used up */
export async function mustHaveRoom(quotas: Quota[]): Promise<void> {
  const waits = await Promise.all(quotas.map(({ limiter, key }) => limiter.peek(key)));
  const refusal = refusalOf(quotas, waits);
  if (refusal) throw refusal;
}

function refusalOf(quotas: Quota[], answers: { retryAfterSeconds: number }[]) {
  const waits = answers.map(({ retryAfterSeconds }) => retryAfterSeconds);
  const longest = Math.max(...waits);
  const used = quotas[waits.indexOf(longest)];
  return longest > 0 && used ? tooManyRequests(used.refusal, longest) : undefined;
}
