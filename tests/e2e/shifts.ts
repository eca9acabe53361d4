import type { Person } from './site.ts';

/** Runs in the browser: resolves when everything so far is painted. */
export const PAINTED =
  'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))';

const SHIFTS = `new Promise((resolve) => {
  const told = ({ x, y, width, height }) => [x, y, width, height].join(' ');
  const moved = ({ node, previousRect, currentRect }) =>
    (node?.textContent ?? '?') + ': ' + told(previousRect) + ' → ' + told(currentRect);
  const shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!entry.hadRecentInput) shifts.push(...entry.sources.map(moved));
    }
  }).observe({ type: 'layout-shift', buffered: true });
  ${PAINTED}.then(() => resolve(shifts));
})`;

/** The elements that moved after they were visible, from where to where. */
export const shiftsOf = ({ page }: Person) => page.evaluate<string[]>(SHIFTS);
