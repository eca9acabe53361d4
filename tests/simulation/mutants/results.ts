/** The results of all hunts: as a table for the terminal, and as docs/reference/mutants.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { catalogue } from './catalogue.ts';
import { elsewhere } from './elsewhere.ts';
import type { Outcome, Quarry } from './hunt.ts';
import type { Mutant } from './mutant.ts';

export interface Result {
  mutant: Mutant;
  outcome: Outcome;
  seconds: number;
}

const REFERENCE = join(import.meta.dirname, '../../../docs/reference');

/** True when a rule that the bug breaks has found it. A find by another rule may be luck. */
export const isCaught = ({ mutant, outcome }: Result): boolean =>
  outcome.kind === 'found' && mutant.rules.some((rule) => outcome.rule.startsWith(rule));

export const lastSeed = ({ outcome }: Result): number =>
  outcome.kind === 'nothing' ? outcome.seeds : outcome.seed;

export function lineOf(result: Result): string {
  const { outcome } = result;
  if (isCaught(result) && outcome.kind === 'found') return `seed ${outcome.seed}, ${outcome.rule}`;
  switch (outcome.kind) {
    case 'found':
      return `FOUND BY ANOTHER RULE at seed ${outcome.seed}, ${outcome.rule}: ${outcome.message}`;
    case 'nothing':
      return `SURVIVED ${outcome.seeds} seeds`;
    case 'crash':
      return `THE SIMULATOR FAILED at seed ${outcome.seed}: ${outcome.message}`;
  }
}

const shownBy = ({ shows }: Mutant) => (shows === 'guard' ? 'a guard' : shows.join(', '));

function cells(result: Result): string[] {
  const { mutant, outcome } = result;
  const isFound = isCaught(result) && outcome.kind === 'found';
  const seed = isFound ? String(outcome.seed) : '–';
  const steps = isFound ? String(outcome.steps ?? '') : '';
  return [mutant.name, shownBy(mutant), seed, steps, isFound ? outcome.rule : lineOf(result)];
}

/** Returns one line for each result, and a summary. */
export function table(results: readonly Result[]): string {
  const head = ['mutant', 'failure', 'seed', 'steps', 'found by', 'seconds'];
  const rows = results.map((result) => [...cells(result), result.seconds.toFixed(1)]);
  const order = [0, 1, 2, 3, 5, 4];
  const lines = [head, ...rows].map((row) => order.map((at) => row[at] as string));
  const widths = head.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const text = lines.map((line) =>
    line.map((cell, at) => (at < 5 ? cell.padEnd(widths[at] as number) : cell)).join('  '),
  );
  return [...text, '', summary(results)].join('\n');
}

const median = (numbers: number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

function summary(results: readonly Result[]): string {
  const caught = results.filter(isCaught);
  const seeds = caught.map(lastSeed);
  const steps = caught.flatMap(({ outcome }) =>
    outcome.kind === 'found' && outcome.steps !== undefined ? [outcome.steps] : [],
  );
  const tapes = `The shortest tapes have ${median(steps)} steps in the median, ${Math.max(...steps)} at most.`;
  return [
    `${caught.length} of ${results.length} mutants are caught, at seed ${median(seeds)} in the median and ${Math.max(0, ...seeds)} at most.`,
    ...(steps.length > 0 ? [tapes] : []),
  ].join(' ');
}

/** Overwrites docs/reference/mutants.md. */
export function writeReference(
  results: readonly Result[],
  options: Omit<Quarry, 'mutant'>,
  isSound: boolean,
): void {
  mkdirSync(REFERENCE, { recursive: true });
  writeFileSync(join(REFERENCE, 'mutants.md'), reference(results, options, isSound));
}

function reference(
  results: readonly Result[],
  { seeds, steps, faults, shrink }: Omit<Quarry, 'mutant'>,
  isSound: boolean,
): string {
  const columns = ['mutant', 'what it breaks', 'failure', 'found by the rule', 'seed'];
  const rows = results.map((result) => {
    const [name, failure, seed, tape, rule] = cells(result);
    const { breaks, file } = result.mutant;
    const line = [`\`${name}\``, `${breaks}<br>\`${file}\``, failure, rule, seed];
    return shrink ? [...line, tape] : line;
  });
  const head = shrink ? [...columns, 'steps'] : columns;
  const markdown = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  const last = Math.max(...results.map(lastSeed));
  return `# Mutants

Small, believable bugs that the simulator must find. Each is put into the sources while they load, never on disk, and
seeds are run from 1 on until a rule is broken. Written by \`npm run mutants${shrink ? ' -- --shrink' : ''}\` (up to ${seeds} seeds of ${steps}
steps, faults: ${faults}); do not edit. How to write one: [testing](../testing.md).

${summary(results)}
${isSound ? `The same ${last} seeds without a bug find nothing.` : '**The same seeds find something without a bug too, so this run proves nothing.**'}

"Failure" is a number of [known failures](../known-failures.md), or a guard that was taken out. A bug counts as caught
only if it is found by a rule that it breaks, and not by an error of the simulator.
Bugs in \`platform/src/simulated\` are such as a real platform could have; those in \`platform/src/embedded\` are hunted on the embedded
platform itself.

${markdown.join('\n')}

## Known failures that no run of the simulator can show

${Object.entries(elsewhere)
  .map(([number, why]) => `- ${number}: ${why}`)
  .join('\n')}

Those with a test are proved absent by the tests that [known failures](../known-failures.md) names.
`;
}

/** The known failures that mutants bring back. */
export const shown = new Set(catalogue.flatMap(({ shows }) => (shows === 'guard' ? [] : shows)));
