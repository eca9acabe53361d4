/** A process that hunts one bug: it runs seed after seed until a rule is broken, and reports to its parent. */
import type { PlanOptions } from '../plan.ts';
import { catalogue } from './catalogue.ts';
import { infect } from './mutant.ts';

export interface Quarry extends PlanOptions {
  /** Unset to hunt without a bug. */
  mutant: string | undefined;
  seeds: number;
  /** Shrinks the plan that finds the bug. */
  shrink: boolean;
}

/** The outcome of a hunt. */
export type Outcome =
  | { kind: 'found'; seed: number; rule: string; message: string; steps?: number }
  | { kind: 'nothing'; seeds: number }
  /** An error of the simulator, which says nothing about the bug. */
  | { kind: 'crash'; seed: number; message: string };

/** The seed under way, and at last the outcome. */
export type Report = { seed: number } | Outcome;

process.once('message', async (message) => {
  const quarry = message as Quarry;
  const mutant = catalogue.find(({ name }) => name === quarry.mutant);
  const isIn = mutant ? infect(mutant) : () => true;
  tell(await hunt(quarry, isIn));
  process.disconnect?.();
});

async function hunt({ seeds, shrink, ...options }: Quarry, isIn: () => boolean): Promise<Outcome> {
  // Imported only now, so that the modules load with the bug.
  const { createPlan } = await import('../plan.ts');
  const { run } = await import('../run.ts');
  if (!isIn()) return { kind: 'crash', seed: 0, message: 'the file with the bug was not loaded' };
  for (let seed = 1; seed <= seeds; seed++) {
    tell({ seed });
    const plan = createPlan(seed, options);
    const outcome = await run(plan);
    const { found, crash } = outcome;
    if (crash !== undefined) return { kind: 'crash', seed, message: crash };
    if (found === undefined) continue;
    const { invariant: rule, message } = found;
    if (!shrink) return { kind: 'found', seed, rule, message };
    const { shrink: shorten } = await import('../shrink.ts');
    const { plan: shortest } = await shorten(plan, outcome);
    return { kind: 'found', seed, rule, message, steps: shortest.steps.length };
  }
  return { kind: 'nothing', seeds };
}

function tell(report: Report) {
  process.send?.(report);
}
