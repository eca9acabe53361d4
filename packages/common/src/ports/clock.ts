/** The time of the platform. */
export interface Clock {
  /** Milliseconds since the epoch: for moments that are saved or shown. Whoever sets the clock changes it. */
  now(): number;
  /** Milliseconds since some moment: for durations. Nobody sets it, so it only grows. */
  monotonic(): number;
  /** Calls back once, after at least `delayMs`. The returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}
