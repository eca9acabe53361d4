/** `npm run reconcile`: compares the payments at the gateway with our charges. */
import { setTimeout } from 'node:timers/promises';
import {
  ConfigError,
  createLog,
  type Reconciliation,
  readConfig,
  reconcile,
  whyNotStarted,
} from '@fairseat/common/kit';
import { chooseGateway } from '@fairseat/gateways';
import { parsed } from './arguments.ts';
import { openPlatform, serviceCalled, timeIn } from './one-service.ts';

const help = `Compares the payments at the gateway with our charges, to the last unit. Each difference is a line.

  npm run reconcile -- --since 2026-11-01          of the orders that were placed since
  npm run reconcile -- --since 2026-11-01 --fix    does what has one right answer: takes over what has become of a
                                                   payment, gives back money and holds of cancelled orders

Settings are those of payments: PLATFORM=distributed with the addresses of its servers, or DATA_DIR of a Fairseat that is
stopped; and those of the gateway. It ends with 0 when nothing differs (any more, with --fix), with 1 when something does,
and with 2 when it could not compare. It may be done again, and beside the running service.`;

/** Payments that are under way have come to an end by then, or differ for good. */
const LOOK_AGAIN_MS = 10_000;
const options = {
  since: { type: 'string', default: '' },
  fix: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

async function main() {
  const { values } = parsed('npm run reconcile -- --help', { options });
  if (values.help) {
    console.log(help);
    return;
  }
  const since = timeOf(values.since);
  process.umask(0o077);
  const config = readConfig();
  const service = serviceCalled(['payments']);
  const log = createLog(config.logLevel).child({ service: service.name });
  const platform = openPlatform(service, config, log, chooseGateway(config));
  const look = () => reconcile(service, { platform, config, log }, since);
  try {
    let found = await look();
    if (config.platform === 'distributed' && found.differences.length > 0) {
      found = await stillSo(found, look);
    }
    const left = await report(found, values.fix);
    console.log(`${found.looked} payments, ${left} differences`);
    if (left > 0) process.exitCode = 1;
  } finally {
    await platform.close();
  }
}

/** The service may run meanwhile: what it brings to an end by itself is no difference. */
async function stillSo(before: Reconciliation, look: () => Promise<Reconciliation>) {
  await setTimeout(LOOK_AGAIN_MS);
  const lines = new Set(before.differences.map(({ line }) => line));
  const now = await look();
  return { ...now, differences: now.differences.filter(({ line }) => lines.has(line)) };
}

/** Prints the differences, mended if they are to be. Returns the number of those left. */
async function report({ differences }: Reconciliation, mustMend: boolean): Promise<number> {
  let left = differences.length;
  for (const { line, mend } of differences) {
    if (!mend || !mustMend) {
      console.log(line);
      continue;
    }
    try {
      await mend();
      left -= 1;
      console.log(`${line}: done`);
    } catch (error) {
      console.log(`${line}: not done, ${(error as Error).message}`);
    }
  }
  return left;
}

function timeOf(since: string): number {
  const time = timeIn(since);
  if (!Number.isNaN(time)) return time;
  throw new ConfigError(`--since=${since}: expected a day such as 2026-11-01`);
}

try {
  await main();
} catch (error) {
  console.error(`Nothing is compared: ${whyNotStarted(error)}`);
  process.exit(2);
}
