/**
 * Checks linearizability by Lowe's just-in-time variant of the algorithm of Wing and Gong: is there an order of acts
 * that explains all answers? An act takes effect at one moment between its request and its answer; without an answer,
 * at any moment after its request, or never.
 */
export interface Act<State> {
  /** The places of its request and its answer in the order of all; `Infinity` when there was no answer. */
  from: number;
  to: number;
  /** Returns the state after its effect, or undefined when it is impossible in this state. */
  apply(state: State): State | undefined;
  /** True for a read, which may take effect as early as possible, since it changes nothing. */
  onlyLooks?: boolean;
  label: string;
}

interface Possibility<State> {
  state: State;
  /** Unanswered acts that have taken effect. */
  done: ReadonlySet<Act<State>>;
}

/** More than any realistic history needs. */
const MAX_POSSIBILITIES = 20_000;

/**
 * Returns the first act whose answer no order explains, or undefined when there is an order for all.
 * States are compared as text.
 */
export function firstImpossible<State extends string | null>(
  initial: State,
  acts: Act<State>[],
): Act<State> | undefined {
  const moments = acts
    .flatMap((act) => [
      { at: act.from, act, answered: false },
      ...(act.to === Number.POSITIVE_INFINITY ? [] : [{ at: act.to, act, answered: true }]),
    ])
    .sort((a, b) => a.at - b.at);
  const names = new Map(acts.map((act, index) => [act, index]));
  const pending = new Set<Act<State>>();
  let possible: Possibility<State>[] = [{ state: initial, done: new Set() }];

  for (const { act, answered } of moments) {
    pending.add(act);
    if (!answered) continue;
    possible = withEffectOf(act, possible, pending, names);
    if (possible.length === 0) return act;
    pending.delete(act);
  }
  return undefined;
}

/** Returns every possibility in which `act` has taken effect, after other pending acts where needed. */
function withEffectOf<State extends string | null>(
  act: Act<State>,
  possible: Possibility<State>[],
  pending: ReadonlySet<Act<State>>,
  names: Map<Act<State>, number>,
): Possibility<State>[] {
  const seen = new Set<string>();
  const result = new Map<string, Possibility<State>>();
  const queue = [...possible];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { state } = next;
    const done = withLooks(next, pending);
    if (done.has(act)) {
      const rest = new Set([...done].filter((other) => other !== act));
      result.set(keyOf(state, rest, names), { state, done: rest });
      continue;
    }
    const key = keyOf(state, done, names);
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > MAX_POSSIBILITIES) throw new Error('Too many possibilities to look at');
    for (const other of pending) {
      if (done.has(other) || other.onlyLooks) continue;
      const after = other.apply(state);
      if (after !== undefined) queue.push({ state: after, done: new Set([...done, other]) });
    }
  }
  return [...result.values()];
}

function withLooks<State>({ state, done }: Possibility<State>, pending: ReadonlySet<Act<State>>) {
  const looks = [...pending].filter((act) => act.onlyLooks && act.apply(state) !== undefined);
  return looks.length === 0 ? done : new Set([...done, ...looks]);
}

const keyOf = <State>(
  state: State,
  done: ReadonlySet<Act<State>>,
  names: Map<Act<State>, number>,
): string => {
  const numbers = [...done].map((act) => names.get(act) as number).sort((a, b) => a - b);
  return `${state} ${numbers}`;
};
