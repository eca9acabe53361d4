/** The seconds left, rounded up so that the last one counts until it is over. */
export const secondsLeft = (untilMs: number, nowMs: number): number =>
  Math.max(0, Math.ceil((untilMs - nowMs) / 1000));

/** 872 → "14:32", 9 → "00:09", so that the width stays the same; from an hour on "1:02:03". */
export function clockFace(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const face = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return hours > 0 ? `${hours}:${face}` : face;
}

/** 872 → "14 minutes 32 seconds" */
export function spoken(seconds: number): string {
  const parts = [plural(Math.floor(seconds / 60), 'minute'), plural(seconds % 60, 'second')];
  return parts.filter((part) => !part.startsWith('0 ')).join(' ') || '0 seconds';
}

const plural = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`;

const LAST_SECONDS = 30;

/** Whether a screen reader announces it: each full minute, every ten of the last 30 seconds, each of the last five. */
export const isSaid = (seconds: number): boolean =>
  seconds > LAST_SECONDS ? seconds % 60 === 0 : seconds > 0 && (seconds % 10 === 0 || seconds <= 5);
