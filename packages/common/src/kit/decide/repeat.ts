import type { Clock } from '../../ports/index.ts';
import type { Log } from '../process/log.ts';

/** Periodic work: runs at the start, then `intervalMs` after each end, so never twice at once. */
export interface Task {
  name: string;
  intervalMs: number;
  /** Ends early, at a good moment, once it is asked to stop. */
  run: (stop: AbortSignal) => Promise<void>;
}

/** Starts a task. A run that throws is logged. The returned function ends the task and waits for the run under way to stop. */
export function repeat(task: Task, clock: Clock, log: Log): () => Promise<void> {
  let cancel = () => {};
  const stop = new AbortController();
  let running = Promise.resolve();

  const tick = () => {
    running = task
      .run(stop.signal)
      .catch((error) => log.error({ err: error, task: task.name }, 'task failed, will run again'))
      .then(() => {
        if (!stop.signal.aborted) cancel = clock.after(task.intervalMs, tick);
      });
  };
  tick();
  return async () => {
    stop.abort();
    cancel();
    await running;
  };
}

const BATCH = 100;

/** A task that acts on every record that is due. One that fails holds up no other, and is due again in the next run. */
export function sweep<T>(
  name: string,
  intervalMs: number,
  due: (limit: number) => Promise<T[]>,
  act: (item: T) => Promise<unknown>,
): Task {
  const run = async (stop: AbortSignal) => {
    const failures: unknown[] = [];
    for (let goOn = true; goOn && !stop.aborted; ) {
      const items = await due(BATCH);
      const outcomes = await Promise.allSettled(items.map(act));
      const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
      failures.push(...failed.map(({ reason }) => reason));
      // After a batch that failed as a whole, the next would fail too.
      goOn = items.length === BATCH && failed.length < BATCH;
    }
    if (failures.length > 0) throw new AggregateError(failures, name);
  };
  return { name, intervalMs, run };
}
