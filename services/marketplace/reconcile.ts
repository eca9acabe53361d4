/** `npm run reconcile`: compares the payments at the gateway with our charges. */
import { resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  type Config,
  ConfigError,
  createLog,
  type Reconciliation,
  readConfig,
  reconcile,
  whyNotStarted,
} from '@fairseat/common/kit';
import { chooseGateway } from '@fairseat/gateways';
import { launchLocalStripe } from '@fairseat/gateways/local-stripe';
import { parsed } from './arguments.ts';
import { localStripePort } from './data-folder.ts';
import { openPlatform, serviceCalled, timeIn } from './one-service.ts';

const help = `Compares the payments at the gateway with our charges, to the last unit. Each difference is a line.

  npm run reconcile -- --since 2026-11-01          of the orders that were placed since
  npm run reconcile -- --since 2026-11-01 --fix    does what has one right answer: takes over what has become of a
                                                   payment, gives back money and holds of cancelled orders
  npm run reconcile -- --since … --local-stripe    of payments at the local Stripe, as by itself where the data folder
                                                   was used with it and no key of Stripe is set

Settings are those of payments: PLATFORM=distributed with the addresses of its servers, or DATA_DIR of a Fairseat that is
stopped; and those of the gateway. It ends with 0 when nothing differs (any more, with --fix), with 1 when something does,
and with 2 when it could not compare. It may be done again, and beside the running service.`;

/** Payments that are under way have come to an end by then, or differ for good. */
const LOOK_AGAIN_MS = 10_000;
const options = {
  since: { type: 'string', default: '' },
  fix: { type: 'boolean', default: false },
  'local-stripe': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Returns the code to exit with. */
async function main(): Promise<number> {
  const { values } = parsed('npm run reconcile -- --help', { options });
  if (values.help) {
    console.log(help);
    return 0;
  }
  const since = timeOf(values.since);
  process.umask(0o077);
  const config = readConfig();
  const service = serviceCalled(['payments']);
  const log = createLog(config.logLevel).child({ service: service.name });
  const byLocal = values['local-stripe'] || wasByLocalStripe(config);
  const stripe = byLocal ? await launchLocalStripe(config, 0) : undefined;
  const gateway = chooseGateway(stripe?.config ?? config, undefined, stripe?.server);
  const platform = openPlatform(service, config, log, gateway);
  stripe?.start(platform, (err) => log.error({ err }, 'the local Stripe failed'));
  const look = () => reconcile(service, { platform, config, log }, since);
  try {
    let found = await look();
    if (config.platform === 'distributed' && found.differences.length > 0) {
      found = await stillSo(found, look);
    }
    const left = await report(found, values.fix);
    console.log(`${found.looked} payments, ${left} differences`);
    return left === 0 ? 0 : 1;
  } finally {
    await stripe?.close();
    await platform.close();
  }
}

const wasByLocalStripe = ({ platform, dataDir, stripeSecretKey }: Config) =>
  platform === 'embedded' && !stripeSecretKey && localStripePort(resolve(dataDir)) > 0;

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
  process.exit(await main());
} catch (error) {
  console.error(`Nothing is compared: ${whyNotStarted(error)}`);
  process.exit(2);
}
