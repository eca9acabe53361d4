'use client';
import { type ReactNode, useEffect, useRef } from 'react';

let isFirstPage = true;

/**
 * The heading of a page. Where one step leads to the next without loading a new page, the focus goes here, so that the
 * keyboard and screen readers go on where the eye does.
 * @param step changes when the page has become another.
 */
export function Heading({ step, children }: { step: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new step is what it is all about.
  useEffect(() => {
    if (isFirstPage) isFirstPage = false;
    else heading.current?.focus();
  }, [step]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}
