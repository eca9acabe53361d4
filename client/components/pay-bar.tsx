'use client';
import { type ReactNode, useContext } from 'react';
import { clockFace } from '../lib/countdown.ts';
import { SecondsLeft } from './countdown.tsx';

/** The way to pay. On small screens it stays at the lower edge, with the time left, wherever the page is scrolled to. */
export function PayBar({ children }: { children: ReactNode }) {
  const seconds = useContext(SecondsLeft);
  return (
    <div className="pay-bar">
      <p className="pay-bar-time" aria-hidden="true">
        {clockFace(seconds)}
      </p>
      {children}
    </div>
  );
}
