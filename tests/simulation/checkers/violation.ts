import type { z } from 'zod';

/** A rule is broken. Any other error of a run is an error of the simulator itself. */
export class Violation extends Error {
  override name = 'Violation';
  /** The broken rule: the same for every run that breaks it. */
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(message);
    this.invariant = invariant;
  }
}

/** @throws Violation unless the invariant holds. */
export function must(invariant: string, holds: boolean, message: () => string): void {
  if (!holds) throw new Violation(invariant, message());
}

/** True when two records are the same in all fields of a schema. */
export const agree = ({ shape }: z.ZodObject, a: object | undefined, b: object | undefined) => {
  const [one, other] = [a, b] as (Record<string, unknown> | undefined)[];
  return Object.keys(shape).every(
    (field) => JSON.stringify(one?.[field]) === JSON.stringify(other?.[field]),
  );
};
