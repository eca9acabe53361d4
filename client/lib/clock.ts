/** The server's time in the browser, independent of the visitor's clock. */

/** The visitor's clock is corrected in smaller steps all the time. */
const JUMP_MS = 1000;

let sleptMs = 0;
let aheadMs = Date.now() - performance.now();
let offsetMs = Number.NEGATIVE_INFINITY;
let isGuess = false;

/**
 * Milliseconds since the page was opened, also of a machine that slept meanwhile: in most browsers `performance.now()`
 * stands still then, and the visitor's clock has jumped ahead after it.
 */
export function elapsed(): number {
  const now = performance.now();
  const jumpMs = Date.now() - now - aheadMs;
  aheadMs += jumpMs;
  if (Math.abs(jumpMs) >= JUMP_MS) {
    // Somebody may have set the clock instead, so the server is asked. Meanwhile no time to pay is promised in vain.
    sleptMs += Math.max(jumpMs, 0);
    isGuess = true;
  }
  return now + sleptMs;
}

/**
 * Notes a time that the server sent. It is never ahead of the server's clock, only late by its time in transit,
 * so the latest one is the best.
 * @param atMs the latest moment at which it can have been sent, by `elapsed`.
 */
export function noteServerTime(serverMs: number, atMs = elapsed()) {
  offsetMs = Math.max(offsetMs, serverMs - atMs);
}

/** Milliseconds since the epoch. */
export const serverNow = () => elapsed() + offsetMs;

/** Whether the visitor's clock has jumped since the page was rendered, so that it must be rendered again. */
export const isGuessed = () => isGuess;

let isFirstPage = true;

/** Notes the time at which the page was rendered. The first page was rendered before its first byte arrived. */
export function notePageTime(serverMs: number) {
  const [navigation] = performance.getEntriesByType('navigation');
  const { responseStart = 0 } = (navigation ?? {}) as Partial<PerformanceNavigationTiming>;
  if (isGuess) offsetMs = Number.NEGATIVE_INFINITY;
  isGuess = false;
  noteServerTime(serverMs, isFirstPage && responseStart > 0 ? responseStart : undefined);
  isFirstPage = false;
}
