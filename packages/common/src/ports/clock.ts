/** The time of the platform. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, after at least `delayMs`. The returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}
