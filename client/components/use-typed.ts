'use client';
import { type RefObject, useEffect } from 'react';
import { isTyped } from '../lib/form-state.ts';

interface Typed {
  values: Record<string, string>;
  /** Whether it was sent, to a newer build that does not know the page's form. */
  isUnsent: boolean;
}

/** How a form ends: not yet, with an answer that leads elsewhere, or as the form of an older build. */
export type Ending = 'open' | 'taken' | 'old';

let isForgotten = false;

/** Called when somebody signs out: the next visitor of this tab may be another. */
export function forgetTyped() {
  isForgotten = true;
  attempt((storage) => storage.clear());
}

/**
 * Keeps what was typed when the page goes: it is loaded again since there is a newer build, or leads to the sign-in since
 * the session has ended elsewhere. The same form of the same tab has it again.
 */
export function useTyped(
  form: RefObject<HTMLFormElement | null>,
  ending: RefObject<Ending>,
  restore: (typed: Typed) => void,
) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is restored once, and kept at the end.
  useEffect(() => {
    const element = form.current;
    if (!element) return;
    // When the effect ends, the address may be that of the next page.
    const place = `typed ${location.pathname}`;
    const first = JSON.stringify(typedIn(element, isShown));
    const before = attempt((storage) => storage.getItem(place));
    const typed = before ? (JSON.parse(before) as Typed) : undefined;
    if (typed && hasAll(element, typed)) {
      attempt((storage) => storage.removeItem(place));
      restore(typed);
    }
    const keep = () => {
      const isUnsent = ending.current === 'old';
      const isTouched = JSON.stringify(typedIn(element, isShown)) !== first;
      if (isForgotten || ending.current === 'taken' || !(isTouched || isUnsent)) return;
      const text = JSON.stringify({ values: typedIn(element), isUnsent } satisfies Typed);
      attempt((storage) => storage.setItem(place, text));
    };
    addEventListener('pagehide', keep);
    return () => {
      removeEventListener('pagehide', keep);
      keep();
    };
  }, []);
}

/** A browser that refuses cookies refuses this too, by throwing. */
function attempt<T>(use: (storage: Storage) => T): T | undefined {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}

const isShown = ({ type }: HTMLInputElement) => type !== 'hidden';

/** The values of the fields, also of those that cannot be used at the moment. */
function typedIn(form: HTMLFormElement, which = (_: HTMLInputElement) => true): Typed['values'] {
  const inputs = [...form.elements].filter((input) => input instanceof HTMLInputElement);
  const typed = inputs.filter(
    (input) => isTyped(input.name) && (input.type !== 'radio' || input.checked) && which(input),
  );
  return Object.fromEntries(typed.map(({ name, value }) => [name, value]));
}

/** Whether the form has all fields of what was typed. A newer build may have more. */
function hasAll(form: HTMLFormElement, { values }: Typed): boolean {
  const names = Object.keys(values);
  return names.length > 0 && names.every((name) => form.elements.namedItem(name) !== null);
}
