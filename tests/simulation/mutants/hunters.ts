/** Hunts several bugs at once, each in a process of its own. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Outcome, Quarry, Report } from './hunt.ts';
import type { Mutant } from './mutant.ts';
import type { Result } from './results.ts';

const AT_ONCE = 2;
/** One seed takes less than a second, and shrinking at most 20. */
const HUNG_MS = 120_000;

export interface Listener {
  onSeed?: (mutant: Mutant, seed: number) => void;
  onResult?: (result: Result) => void;
}

/** Returns results in the order of the mutants. */
export async function huntAll(
  mutants: readonly Mutant[],
  options: Omit<Quarry, 'mutant' | 'platform' | 'troubles'>,
  { onSeed, onResult }: Listener,
): Promise<Result[]> {
  const results = new Map<Mutant, Result>();
  const queue = [...mutants];
  const worker = async () => {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const startedAt = performance.now();
      const hunted = mutant;
      const { name, platform, troubles } = hunted;
      const quarry = { ...options, mutant: name, platform, troubles };
      const outcome = await hunt(quarry, (seed) => onSeed?.(hunted, seed));
      const result = { mutant, outcome, seconds: (performance.now() - startedAt) / 1000 };
      results.set(mutant, result);
      onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return mutants.flatMap((mutant) => results.get(mutant) ?? []);
}

/** Hunts one bug. A process that reports nothing for too long is killed. */
export function hunt(quarry: Quarry, onSeed: (seed: number) => void = () => {}): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const child = fork(join(import.meta.dirname, 'hunt.ts'));
  let seed = 0;
  let outcome: Outcome | undefined;
  const hung = setTimeout(() => {
    outcome = { kind: 'crash', seed, message: `it took longer than ${HUNG_MS / 1000} s` };
    child.kill('SIGKILL');
  }, HUNG_MS);
  child.on('message', (report: Report) => {
    hung.refresh();
    if ('kind' in report) outcome = report;
    else {
      seed = report.seed;
      onSeed(seed);
    }
  });
  child.on('close', (code) => {
    clearTimeout(hung);
    resolve(outcome ?? { kind: 'crash', seed, message: `its process ended with code ${code}` });
  });
  child.send(quarry);
  return promise;
}
