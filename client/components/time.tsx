'use client';
import { useSyncExternalStore } from 'react';
import { timeText } from '../lib/time-text.ts';

interface Props {
  /** ISO 8601. */
  at: string;
  locale: string;
  /** As the server writes it, which does not know the visitor's zone. */
  inUtc: string;
}

const never = () => () => {};

/** A time in the visitor's zone; where scripts do not run, in UTC. */
export function Time({ at, locale, inUtc }: Props) {
  const text = useSyncExternalStore(
    never,
    () => timeText(at, locale),
    () => inUtc,
  );
  return <time dateTime={at}>{text}</time>;
}
