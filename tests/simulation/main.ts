/**
 * `npm run simulate`: runs many seeds, and prints the story of the first that breaks a rule.
 *
 * How it works, in reading order: `plan.ts` makes a plan from a seed: every request and every fault. `run.ts` runs a
 * plan: it starts the real services (`cluster.ts`, requests enter by `door.ts`), lets people (`life.ts`, `actions.ts`,
 * `people.ts`) send requests over a network that loses messages (`client.ts`), and checks everything that happens
 * (`checkers/`). A plan that breaks a rule is shrunk (`shrink.ts`) and printed (`story.ts`). `explore.ts` spreads seeds
 * over the cores.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Covered, explore, type Failure, nothing } from './explore.ts';
import { FlagError, type Flags, readFlags } from './flags.ts';
import { createPlan } from './plan.ts';
import { shrink } from './shrink.ts';
import { tell } from './story.ts';

const EXIT = { violation: 1, flags: 2, simulator: 3, interrupted: 130 };

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(args: string[]) {
  const flags = readFlags(args);
  const startedAt = performance.now();
  let latest: Covered = nothing();
  const summary = () => summed(latest, (performance.now() - startedAt) / 1000);
  const progress = createProgress(summary);
  process.once('SIGINT', () => {
    print(`\nStopped. No violation in ${summary()}`);
    process.exit(EXIT.interrupted);
  });
  print(
    `${flags.steps} steps a seed, faults: ${flags.faults}, platform: ${flags.platform}, troubles: ${flags.troubles}. Ctrl-C stops.`,
  );
  const { covered, failure } = await explore({
    ...flags,
    processes: Math.min(availableParallelism(), flags.seeds ?? Number.POSITIVE_INFINITY),
    wantsMore: wanting(flags, startedAt),
    hash: flags.seeds === 1,
    onProgress(soFar, { hash }) {
      latest = soFar;
      if (hash) print(`History ${hash}: the same seed gives the same.`);
      progress();
    },
  });
  latest = covered;
  progress.end();
  if (failure === undefined) print(`No violation in ${summary()}`);
  else process.exitCode = await report(failure, flags);
}

function wanting({ seeds, minutes = 0 }: Flags, startedAt: number) {
  if (seeds !== undefined) return (given: number) => given < seeds;
  return () => performance.now() - startedAt < minutes * 60_000;
}

async function report({ seed, outcome }: Failure, flags: Flags): Promise<number> {
  const { found, crash } = outcome;
  if (!found) {
    print(
      `The simulator itself failed at seed ${seed}. This says nothing about the services.\n${crash}`,
    );
    return EXIT.simulator;
  }
  print(`Seed ${seed} breaks a rule: ${found.invariant}. Looking for the shortest story …`);
  const { plan, runs } = await shrink(createPlan(seed, flags), outcome);
  const { text, page } = await tell(plan);
  const path = join(tmpdir(), `fairseat-story-${seed}.md`);
  writeFileSync(path, page);
  print(`\n${text}\n\nFound in ${runs} runs. With a picture: ${path}`);
  print(
    `Again: npm run simulate -- --seed ${seed} --faults ${flags.faults} --steps ${flags.steps} --platform ${flags.platform} --troubles ${flags.troubles}`,
  );
  return EXIT.violation;
}

const PROGRESS_MS = process.stdout.isTTY ? 500 : 10_000;

/** Shows progress: on a terminal in one line that changes, else in a line now and then. */
function createProgress(summary: () => string) {
  let nextAt = performance.now() + PROGRESS_MS;
  const show = () => {
    if (performance.now() < nextAt) return;
    nextAt = performance.now() + PROGRESS_MS;
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${summary()}`);
    else print(summary());
  };
  return Object.assign(show, {
    end: () => process.stdout.isTTY && process.stdout.write('\r\x1b[K'),
  });
}

function summed(covered: Covered, elapsedSeconds: number): string {
  const many = (count: number, what: string) => `${count.toLocaleString('en')} ${what}`;
  const rate = (count: number) => (count / Math.max(elapsedSeconds, 0.001)).toFixed(1);
  return [
    many(covered.seeds, 'seeds'),
    `${(covered.simulatedMs / 86_400_000).toFixed(1)} days simulated`,
    many(covered.requests, 'requests'),
    many(covered.orders, 'orders'),
    many(covered.purchases, 'purchases'),
    many(covered.faults, 'faults'),
    `${elapsedSeconds.toFixed(0)} s`,
    `${rate(covered.seeds)} seeds/s`,
    `${rate(covered.purchases)} purchases/s`,
  ].join(' · ');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof FlagError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT.flags;
}
