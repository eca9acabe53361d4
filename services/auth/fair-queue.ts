interface Waiting {
  start(): void;
  refuse(): void;
}

export type FairQueue = <T>(from: string, work: () => Promise<T>) => Promise<T>;

/**
 * Runs work, so many at once. Those that wait take turns by where they come from, so that nobody who sends much keeps
 * others waiting; when too many wait, the last of whoever has most waiting is refused with `refusal`.
 */
export function createFairQueue(
  atOnce: number,
  maxWaiting: number,
  refusal: () => Error,
): FairQueue {
  let running = 0;
  let count = 0;
  /** By origin, whose turn is next first. */
  const queues = new Map<string, Waiting[]>();

  const longest = () => [...queues.values()].reduce((a, b) => (b.length > a.length ? b : a));

  const makeRoom = (from: string) => {
    const queue = longest();
    if (queue.length <= (queues.get(from)?.length ?? 0) + 1) throw refusal();
    queue.pop()?.refuse();
    count -= 1;
  };

  const myTurn = async (from: string) => {
    if (running < atOnce) {
      running += 1;
      return;
    }
    if (count >= maxWaiting) makeRoom(from);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const queue = queues.get(from) ?? [];
    queue.push({ start: resolve, refuse: () => reject(refusal()) });
    queues.set(from, queue);
    count += 1;
    await promise;
  };

  const next = () => {
    const [turn] = queues;
    if (turn === undefined) {
      running -= 1;
      return;
    }
    const [from, queue] = turn;
    const first = queue.shift();
    count -= 1;
    // To the end of the line, if more of them wait.
    queues.delete(from);
    if (queue.length > 0) queues.set(from, queue);
    first?.start();
  };

  return async (from, work) => {
    await myTurn(from);
    try {
      return await work();
    } finally {
      next();
    }
  };
}
