/**
 * Whether what people saw of one thing could have come about one act after the other: Lowe's just-in-time variant of
 * the algorithm of Wing and Gong. An act takes effect at one moment between its request and its answer; one that was
 * never answered at any moment after its request, or never.
 */
export interface Act<State> {
  /** Places of the request and of its answer in the order of everything seen; `Infinity` when there was no answer. */
  from: number;
  to: number;
  /** The state once it has taken effect, or undefined when it could not have happened then. */
  apply(state: State): State | undefined;
  /** It never changes anything, so it may as well take effect as early as it can. */
  onlyLooks?: boolean;
  label: string;
}

interface Possibility<State> {
  state: State;
  /** Acts not answered yet that have taken effect. */
  done: ReadonlySet<Act<State>>;
}

/** More than any honest history needs. */
const MAX_POSSIBILITIES = 20_000;

/**
 * Answers the first act whose answer no order of acts explains, or undefined when all is well.
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

/** Every way on in which `act` has taken effect, others before it where that is needed. */
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
