/** Time as the platform tells it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after at least this long; the answer cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}
