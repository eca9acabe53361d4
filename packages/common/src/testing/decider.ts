import { deepStrictEqual, throws } from 'node:assert/strict';

/** A specification reads: given these facts, when this is decided, then these facts follow. */
interface Given<S, F> {
  when(decision: (state: S) => F[]): {
    thenSays(...facts: F[]): void;
    thenSaysNothing(): void;
    /** Compares only these properties of the error that is thrown. */
    thenRefuses(error: { status?: number; code?: string; name?: string }): void;
  };
  /** The same, and then these facts. */
  and(...facts: F[]): Given<S, F>;
  /** The state that the facts add up to. */
  readonly state: S;
}

/** Tests decisions by the facts that they return, never by the inside of the state. */
export function specification<S, F>(
  evolve: (state: S | undefined, fact: F) => S,
  initial?: S,
): (...facts: F[]) => Given<S, F> {
  const given = (...facts: F[]): Given<S, F> => {
    const state = facts.reduce<S | undefined>(evolve, initial) as S;
    return {
      state,
      and: (...more) => given(...facts, ...more),
      when: (decision) => ({
        thenSays: (...expected) => deepStrictEqual(decision(state), expected),
        thenSaysNothing: () => deepStrictEqual(decision(state), []),
        thenRefuses: (error) => throws(() => decision(state), error),
      }),
    };
  };
  return given;
}
