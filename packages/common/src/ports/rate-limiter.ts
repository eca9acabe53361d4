/** Counts events per key in a window of time, shared by all replicas of a service. */
export interface RateLimiter {
  /** Counts one more; `retryAfterSeconds` is 0 while within the limit. */
  count(key: string): Promise<{ retryAfterSeconds: number }>;
  /** The same answer without counting. */
  peek(key: string): Promise<{ retryAfterSeconds: number }>;
  /** Takes one back. */
  uncount(key: string): Promise<void>;
  forget(key: string): Promise<void>;
}
