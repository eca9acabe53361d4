/** A worker process, which runs the seeds it receives one after the other. */
import { createPlan, type PlanOptions } from './plan.ts';
import { type Outcome, run } from './run.ts';

export interface Task extends PlanOptions {
  seed: number;
  hash: boolean;
}

export interface Result {
  seed: number;
  outcome: Outcome;
}

async function work({ seed, hash, ...options }: Task) {
  const outcome = await run(createPlan(seed, options), { hash });
  process.send?.({ seed, outcome } satisfies Result);
}

// The parent process decides when it ends.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
process.on('message', (task: Task) => void work(task));
