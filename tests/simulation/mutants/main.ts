/** `npm run mutants`: puts each bug into the sources, and reports the rule and the seed that find it. */
import { parseArgs } from 'node:util';
import { FlagError } from '../flags.ts';
import { FAULT_LEVELS, type FaultLevel, PLATFORMS } from '../plan.ts';
import { TROUBLES } from '../time-plan.ts';
import { catalogue } from './catalogue.ts';
import type { Quarry } from './hunt.ts';
import { hunt, huntAll } from './hunters.ts';
import { isCaught, lastSeed, lineOf, type Result, table, writeReference } from './results.ts';

const USAGE =
  'Usage: npm run mutants -- [--only NAME]... [--seeds N] [--steps N] [--faults none|some|all] [--shrink]';
const EXIT = { survivor: 1, flags: 2, interrupted: 130 };

const print = (text: string) => process.stdout.write(`${text}\n`);

/** @throws FlagError in one line. */
function readFlags() {
  const { only, seeds, steps, faults, shrink } = parse();
  const unknown = only?.find((wanted) => !catalogue.some(({ name }) => name === wanted));
  if (unknown !== undefined) throw new FlagError(`--only ${unknown}: no such mutant. ${USAGE}`);
  if (!FAULT_LEVELS.includes(faults as FaultLevel)) {
    throw new FlagError(`--faults ${faults}: expected ${FAULT_LEVELS.join(', ')}. ${USAGE}`);
  }
  const options = {
    seeds: wholeNumber('seeds', seeds),
    steps: wholeNumber('steps', steps),
    faults: faults as FaultLevel,
    shrink,
  };
  const mutants = catalogue.filter(({ name }) => only?.includes(name) ?? true);
  return { mutants, options, isWhole: only === undefined };
}

function parse() {
  const options = {
    only: { type: 'string', multiple: true },
    seeds: { type: 'string', default: '200' },
    steps: { type: 'string', default: '500' },
    faults: { type: 'string', default: 'some' },
    shrink: { type: 'boolean', default: false },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const [line] = (error as Error).message.split(/\.[ \n]/);
    throw new FlagError(`${line}. ${USAGE}`, { cause: error });
  }
}

function wholeNumber(name: string, value: string): number {
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new FlagError(`--${name} ${value}: expected a whole number from 1 to 999999. ${USAGE}`);
}

/** Shows progress: on a terminal in one line that changes, else in a line for each mutant. */
function createProgress(count: number) {
  const { isTTY } = process.stdout;
  const underWay = new Map<string, number>();
  const done: Result[] = [];
  const show = () => {
    const now = [...underWay].map(([name, seed]) => `${name} at seed ${seed}`).join(', ');
    if (isTTY) process.stdout.write(`\r\x1b[K${done.length}/${count}  ${now}`);
  };
  return {
    done,
    onSeed({ name }: { name: string }, seed: number) {
      underWay.set(name, seed);
      show();
    },
    onResult(result: Result) {
      done.push(result);
      underWay.delete(result.mutant.name);
      if (isTTY) show();
      else print(`${done.length}/${count}  ${result.mutant.name}: ${lineOf(result)}`);
    },
    end: () => isTTY && process.stdout.write('\r\x1b[K'),
  };
}

async function main() {
  const { mutants, options, isWhole } = readFlags();
  const progress = createProgress(mutants.length);
  process.once('SIGINT', () => {
    progress.end();
    print(`\n${table(progress.done)}\nStopped after ${progress.done.length} of ${mutants.length}.`);
    process.exit(EXIT.interrupted);
  });
  const results = await huntAll(mutants, options, progress);
  progress.end();
  print(table(results));
  let isSound = true;
  for (const platform of PLATFORMS) {
    for (const troubles of TROUBLES) {
      const hunted = results.filter(({ mutant }) => {
        const isHere = (mutant.platform ?? 'simulated') === platform;
        return isHere && (mutant.troubles ?? 'usual') === troubles;
      });
      const where = { ...options, platform, troubles };
      isSound &&= hunted.length === 0 || (await findsNothing(where, hunted));
    }
  }
  if (isWhole) writeReference(results, options, isSound);
  if (!isSound || !results.every(isCaught)) process.exitCode = EXIT.survivor;
}

/** Runs the same seeds without a bug: a find means something only if they find nothing then. */
async function findsNothing(
  where: Omit<Quarry, 'mutant'>,
  hunted: readonly Result[],
): Promise<boolean> {
  const seeds = Math.max(...hunted.map(lastSeed));
  const sound = await hunt({ ...where, shrink: false, mutant: undefined, seeds });
  const isSound = sound.kind === 'nothing';
  const verdict = isSound ? 'found nothing' : `found something: ${JSON.stringify(sound)}`;
  const { platform, troubles } = where;
  print(
    `The same ${seeds} seeds without a bug, on the ${platform} platform with ${troubles} troubles, ${verdict}.`,
  );
  return isSound;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof FlagError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EXIT.flags;
}
