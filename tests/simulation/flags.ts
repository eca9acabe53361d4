import { parseArgs } from 'node:util';
import { FAULT_LEVELS, type FaultLevel, PLATFORMS, type PlatformName } from './plan.ts';
import { TROUBLES, type Troubled } from './time-plan.ts';

export interface Flags {
  firstSeed: number;
  /** The number of seeds to run; unset when time decides. */
  seeds?: number;
  minutes?: number;
  steps: number;
  faults: FaultLevel;
  platform: PlatformName;
  troubles: Troubled;
}

/** A mistake in the command line. */
export class FlagError extends Error {
  override name = 'FlagError';
}

const USAGE =
  'Usage: npm run simulate -- [--seeds N | --seed N | --minutes N] [--faults none|some|all] [--steps N] [--platform simulated|embedded] [--troubles usual|time|machines|any]';
const MOST = { seed: 2 ** 53 - 1, seeds: 1e9, minutes: 10_080, steps: 100_000 };

/** @throws FlagError in one line. */
export function readFlags(args: string[]): Flags {
  const {
    seed,
    seeds,
    minutes,
    steps,
    faults = 'some',
    platform = 'simulated',
    troubles = 'any',
  } = parse(args);
  if (seeds !== undefined && minutes !== undefined) {
    throw new FlagError(`Use --seeds or --minutes, not both. ${USAGE}`);
  }
  if (!FAULT_LEVELS.includes(faults as FaultLevel)) {
    throw new FlagError(`--faults ${faults}: expected ${FAULT_LEVELS.join(', ')}. ${USAGE}`);
  }
  if (!PLATFORMS.includes(platform as PlatformName)) {
    throw new FlagError(`--platform ${platform}: expected ${PLATFORMS.join(', ')}. ${USAGE}`);
  }
  if (!TROUBLES.includes(troubles as Troubled)) {
    throw new FlagError(`--troubles ${troubles}: expected ${TROUBLES.join(', ')}. ${USAGE}`);
  }
  const count = wholeNumber('seeds', seeds);
  const isTimed = minutes !== undefined;
  return {
    firstSeed: wholeNumber('seed', seed) ?? 1,
    ...(!isTimed && { seeds: count ?? (seed === undefined ? 100 : 1) }),
    ...(isTimed && { minutes: wholeNumber('minutes', minutes) as number }),
    steps: wholeNumber('steps', steps) ?? 500,
    faults: faults as FaultLevel,
    platform: platform as PlatformName,
    troubles: troubles as Troubled,
  };
}

const text = { type: 'string' } as const;

function parse(args: string[]) {
  try {
    const options = {
      seed: text,
      seeds: text,
      minutes: text,
      steps: text,
      faults: text,
      platform: text,
      troubles: text,
    };
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [line] = (error as Error).message.split(/\.[ \n]/);
    throw new FlagError(`${line}. ${USAGE}`, { cause: error });
  }
}

function wholeNumber(name: keyof typeof MOST, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= 1 && number <= MOST[name]) return number;
  throw new FlagError(
    `--${name} ${value}: expected a whole number from 1 to ${MOST[name]}. ${USAGE}`,
  );
}
