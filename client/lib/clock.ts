/** The server's time in the browser, whatever the visitor's clock says. */

let offsetMs = Number.NEGATIVE_INFINITY;

/**
 * Hears what time it is at the server. What was said is never ahead of the truth, only late by its way here,
 * so the latest time heard is the best.
 * @param atMs when it was said at the latest, on the clock of `performance.now()`.
 */
export function noteServerTime(serverMs: number, atMs = performance.now()) {
  offsetMs = Math.max(offsetMs, serverMs - atMs);
}

/** Milliseconds since the epoch. */
export const serverNow = () => performance.now() + offsetMs;

let isFirstPage = true;

/** The page was rendered at this time: for the one that was loaded, no later than its first byte came. */
export function notePageTime(serverMs: number) {
  const [navigation] = performance.getEntriesByType('navigation');
  const { responseStart = 0 } = (navigation ?? {}) as Partial<PerformanceNavigationTiming>;
  noteServerTime(serverMs, isFirstPage && responseStart > 0 ? responseStart : undefined);
  isFirstPage = false;
}
