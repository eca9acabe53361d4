/** Counts attempts per key in a window of time; all replicas of a service share the counts. */
export interface RateLimiter {
  /** Counts one attempt; `retryAfterSeconds` is 0 while within the limit. */
  count(key: string): Promise<{ retryAfterSeconds: number }>;
  /** Returns the same without counting. */
  peek(key: string): Promise<{ retryAfterSeconds: number }>;
  /** Takes one attempt back. */
  uncount(key: string): Promise<void>;
  /** Takes all attempts back. */
  forget(key: string): Promise<void>;
}
