/** Runs many seeds on all cores. The result does not depend on how they are spread. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { PlanOptions } from './plan.ts';
import type { Counts, Outcome } from './run.ts';
import type { Result, Task } from './worker.ts';

export interface Covered extends Counts {
  seeds: number;
}

export interface Exploration extends PlanOptions {
  processes: number;
  firstSeed: number;
  /** Returns true when one more seed is wanted, after this many. */
  wantsMore: (given: number) => boolean;
  /** Hashes each run's history. */
  hash: boolean;
  /** Called after each seed. */
  onProgress?: (covered: Covered, outcome: Outcome) => void;
}

export interface Failure {
  seed: number;
  outcome: Outcome;
}

/** Returns what was covered, and the lowest seed that failed, if any did. */
export function explore(
  exploration: Exploration,
): Promise<{ covered: Covered; failure?: Failure }> {
  const { processes, firstSeed, steps, faults, platform, troubles, hash, wantsMore, onProgress } =
    exploration;
  const { promise, resolve } = Promise.withResolvers<{ covered: Covered; failure?: Failure }>();
  const covered = nothing();
  const failures: Failure[] = [];
  let given = 0;
  let busy = processes;

  const give = (worker: ChildProcess) => {
    if (failures.length === 0 && wantsMore(given)) {
      const seed = firstSeed + given++;
      worker.send({ seed, steps, faults, platform, troubles, hash } satisfies Task);
      return;
    }
    worker.disconnect();
    if (--busy > 0) return;
    const [failure] = failures.toSorted((a, b) => a.seed - b.seed);
    resolve({ covered, ...(failure && { failure }) });
  };

  for (let index = 0; index < processes; index++) {
    const worker = fork(join(import.meta.dirname, 'worker.ts'));
    let seed = firstSeed;
    worker.on('message', (result: Result) => {
      seed = result.seed;
      add(covered, result.outcome.counts);
      const { found, crash } = result.outcome;
      if (found || crash !== undefined) failures.push(result);
      onProgress?.(covered, result.outcome);
      give(worker);
    });
    worker.on('exit', (code) => {
      if (!worker.connected && code === 0) return;
      const crash = `A process that ran seeds ended with code ${code}; its last seed was ${seed}.`;
      failures.push({ seed, outcome: { crash, counts: nothing() } });
      give(worker);
    });
    give(worker);
  }
  return promise;
}

export const nothing = (): Covered => ({
  seeds: 0,
  simulatedMs: 0,
  requests: 0,
  orders: 0,
  purchases: 0,
  events: 0,
  faults: 0,
});

function add(covered: Covered, counts: Counts) {
  covered.seeds += 1;
  for (const [name, count] of Object.entries(counts) as [keyof Counts, number][]) {
    covered[name] += count;
  }
}
