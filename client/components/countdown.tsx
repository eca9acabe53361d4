'use client';
import { createContext, type ReactNode, useEffect, useState } from 'react';
import { isGuessed, notePageTime, serverNow } from '../lib/clock.ts';
import { clockFace, isSaid, secondsLeft, spoken } from '../lib/countdown.ts';
import { useRefresh } from './use-refresh.ts';

interface Props {
  /** Milliseconds since the epoch. */
  until: number;
  /** The server's time when the page was rendered. */
  now: number;
  /** Shown until then. */
  children: ReactNode;
  /** Shown from then on. */
  after: ReactNode;
}

/** For whatever else shows the time left. */
export const SecondsLeft = createContext(0);

const AGAIN_MS = 1000;
/** A browser's timers may fire a little early. */
const LATE_MS = 10;

/**
 * The time left, by the server's clock. At zero the page is refreshed until the server confirms the end; after the
 * machine slept, until the server has said its time.
 */
export function Countdown({ until, now, children, after }: Props) {
  const refresh = useRefresh();
  const [seconds, setSeconds] = useState(() => secondsLeft(until, now));

  useEffect(() => {
    notePageTime(now);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = () => {
      clearTimeout(timer);
      const leftMs = until - serverNow();
      setSeconds(secondsLeft(leftMs, 0));
      if (leftMs <= 0 || isGuessed()) refresh();
      timer = setTimeout(tick, leftMs <= 0 ? AGAIN_MS : (leftMs % 1000) + LATE_MS);
    };
    tick();
    // Browsers delay the timers of tabs that are not seen.
    document.addEventListener('visibilitychange', tick);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', tick);
    };
  }, [until, now, refresh]);

  return (
    <>
      <div className="countdown" data-short={seconds <= 60}>
        <p className="countdown-face" role="timer" aria-label="Time left to pay">
          <span className="sr-only">{`${spoken(seconds)} `}</span>
          {[...clockFace(seconds)].map((sign, place) => (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: a changed sign must be a new element, else it counts as a layout shift.
              key={`${place}${sign}`}
              className={sign === ':' ? '' : 'countdown-digit'}
              aria-hidden="true"
            >
              {sign}
            </span>
          ))}
        </p>
        <p className="sr-only" role="status">
          {seconds > 0 && isSaid(seconds) && `${spoken(seconds)} left to pay`}
        </p>
        <noscript>
          <meta httpEquiv="refresh" content={String(secondsLeft(until, now) + 1)} />
        </noscript>
      </div>
      <SecondsLeft value={seconds}>{seconds > 0 ? children : after}</SecondsLeft>
    </>
  );
}
