import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPlan } from './plan.ts';
import { run } from './run.ts';

const SEEDS = 200;

/** Takes half a minute on an idle machine. */
const TIMEOUT_MS = 900_000;

describe('the histories of the simulation', () => {
  // A change that must not alter behaviour must not alter these digests. After a change of behaviour, or of the
  // simulator, write them anew: `npx vitest run tests/simulation/histories --update`.
  it(
    'are those that are kept: every event, record and answer, to the byte',
    async () => {
      const digests: Record<number, string> = {};
      for (let seed = 1; seed <= SEEDS; seed++) {
        const plan = createPlan(seed, { steps: 500, faults: 'some' });
        const { hash = '', found, crash } = await run(plan, { hash: true });
        expect({ seed, found, crash }).toEqual({ seed, found: undefined, crash: undefined });
        digests[seed] = hash.slice(0, 16);
      }
      const kept = `${JSON.stringify(digests, null, 2)}\n`;
      await expect(kept).toMatchFileSnapshot(join(import.meta.dirname, 'histories.json'));
    },
    TIMEOUT_MS,
  );
});
