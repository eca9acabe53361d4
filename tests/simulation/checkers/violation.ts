import type { z } from 'zod';

/** Something that must never be so, is. Anything else that a run throws is a fault of the simulator itself. */
export class Violation extends Error {
  override name = 'Violation';
  /** Which rule is broken: the same for every run that breaks it. */
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(message);
    this.invariant = invariant;
  }
}

/** @throws Violation when it does not hold. */
export function must(invariant: string, holds: boolean, message: () => string): void {
  if (!holds) throw new Violation(invariant, message());
}

/** Whether two records have the same in all fields of a schema. */
export const agree = ({ shape }: z.ZodObject, a: object | undefined, b: object | undefined) => {
  const [one, other] = [a, b] as (Record<string, unknown> | undefined)[];
  return Object.keys(shape).every(
    (field) => JSON.stringify(one?.[field]) === JSON.stringify(other?.[field]),
  );
};
