/** `npm start`: the whole marketplace in this process, on the embedded platform. */
import { resolve } from 'node:path';
import { Pages } from '@fairseat/client';
import {
  type Config,
  ConfigError,
  createLog,
  paymentMode,
  readConfig,
  whyNotStarted,
} from '@fairseat/common/kit';
import { chooseGateway } from '@fairseat/gateways';
import { launchLocalStripe } from '@fairseat/gateways/local-stripe';
import { openEmbedded } from '@fairseat/platform/embedded';
import closeWithGrace from 'close-with-grace';
import { help, readArguments } from './arguments.ts';
import {
  beginDemo,
  endDemo,
  keepCurrency,
  keepLocalStripePort,
  loadSessionKey,
  localStripePort,
} from './data-folder.ts';
import { DEMO_ACCOUNTS, fillDemo } from './demo.ts';
import { createMarketplace } from './marketplace.ts';

const STOP_WITHIN_MS = 15_000;

type Flags = ReturnType<typeof readArguments>;

async function main() {
  const flags = readArguments(process.argv.slice(2));
  if (flags.help) {
    console.log(help());
    return;
  }
  // The files in the data folder are for their owner alone.
  process.umask(0o077);
  const config = readConfig();
  if (config.platform !== 'embedded') {
    throw new ConfigError(
      'PLATFORM=distributed: this is all in one process. See `npm run start:distributed`',
    );
  }
  const log = createLog(config.logLevel);
  const dataDir = resolve(config.dataDir);
  const mustFill = flags.demo && beginDemo(dataDir);
  const stripe = flags['local-stripe']
    ? await launchLocalStripe(config, localStripePort(dataDir))
    : undefined;
  const warn = (line: string) => log.warn(line);
  const platform = openEmbedded({
    dataDir,
    openGateway: chooseGateway(stripe?.config ?? config, warn, stripe?.server),
    rateLimits: config.rateLimits,
    eventsKeptDays: config.eventsKeptDays,
    onError: (message, error) => log.error({ err: error }, message),
    onHalfFilled: (line) => log.info(line),
  });
  keepCurrency(dataDir, config.currency);
  if (stripe) {
    keepLocalStripePort(dataDir, stripe.port);
    stripe.start(platform, (err) => log.error({ err }, 'the local Stripe failed'));
  }
  const pages = flags['api-only'] ? undefined : new Pages({ ...config, apiOrigin: undefined });
  const marketplace = await createMarketplace({
    platform,
    config,
    log,
    sessionKey: await loadSessionKey(dataDir),
    ...(pages && { pages }),
  });

  closeWithGrace({ delay: STOP_WITHIN_MS, logger: false }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, 'stopping after an unexpected error');
    else console.log(`\n${signal}: finishing what is in flight …`);
    await stripe?.close();
    await marketplace.stop();
    if (!err) console.log('Stopped. Nothing was lost.');
  });

  await marketplace.start();
  const address = await marketplace.app.listen({ host: config.host, port: config.port });
  stripe?.tellOf(address);
  if (mustFill) {
    await fillDemo(marketplace.app, config.currency);
    endDemo(dataDir);
  }
  await pages?.open();
  greet(config, address, dataDir, flags, stripe);
}

function greet(
  config: Config,
  address: string,
  dataDir: string,
  flags: Flags,
  stripe: { config: Config; origin: string; secretKey: string } | undefined,
) {
  const seconds = config.orderExpirationSeconds;
  const holds = seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`;
  console.log(
    [
      `Fairseat is listening on ${config.publicOrigin ?? address}`,
      `  API     ${address}/docs`,
      `  Data    ${dataDir}`,
      `  Payment ${paymentMode(stripe?.config ?? config)}`,
      ...(stripe
        ? [`  Stripe  a local one at ${stripe.origin}, secret key ${stripe.secretKey}`]
        : []),
      `  Holds   ${holds}`,
      ...(flags.demo ? DEMO_ACCOUNTS : []),
    ].join('\n'),
  );
}

try {
  await main();
} catch (error) {
  console.error(`Fairseat cannot start: ${whyNotStarted(error)}`);
  process.exit(1);
}
