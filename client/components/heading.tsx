'use client';
import { type ReactNode, useEffect, useRef } from 'react';

let isFirstPage = true;

/** Whether the page goes on where somebody has signed in or up, after which it is loaded whole. */
const hasArrived = () => /^\w+:\/\/[^/]+\/auth\//.test(document.referrer);

/**
 * The heading of a page. When one step follows another without a load, the heading takes the focus, so that keyboard
 * and screen reader users continue where the eye does.
 * @param step changes with each step of the page.
 */
export function Heading({ step, children }: { step: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the effect must run for each new step.
  useEffect(() => {
    if (!isFirstPage || hasArrived()) heading.current?.focus();
    isFirstPage = false;
  }, [step]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
