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
