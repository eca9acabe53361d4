/** The server's time in the browser, independent of the visitor's clock. */

let offsetMs = Number.NEGATIVE_INFINITY;

/**
 * Notes a time that the server sent. It is never ahead of the server's clock, only late by its time in transit,
 * so the latest one is the best.
 * @param atMs the latest moment at which it can have been sent, on the clock of `performance.now()`.
 */
export function noteServerTime(serverMs: number, atMs = performance.now()) {
  offsetMs = Math.max(offsetMs, serverMs - atMs);
}

/** Milliseconds since the epoch. */
export const serverNow = () => performance.now() + offsetMs;

let isFirstPage = true;

/** Notes the time at which the page was rendered. The first page was rendered before its first byte arrived. */
export function notePageTime(serverMs: number) {
  const [navigation] = performance.getEntriesByType('navigation');
  const { responseStart = 0 } = (navigation ?? {}) as Partial<PerformanceNavigationTiming>;
  noteServerTime(serverMs, isFirstPage && responseStart > 0 ? responseStart : undefined);
  isFirstPage = false;
}
