/** `npm run start:distributed`: services and pages as separate processes on MongoDB, NATS and Redis, at one address. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StartError } from '@fairseat/common/errors';
import { paymentMode, readConfig, settingsHelp, whyNotStarted } from '@fairseat/common/kit';
import { CLIENT, createInnerRouter, createRouter } from '@fairseat/front';
import { createServices } from '@fairseat/marketplace/services';
import { freePort, leash, startServers, stopServers } from '@fairseat/servers';
import closeWithGrace from 'close-with-grace';
import { Fleet, log } from './fleet.ts';
import { makeSessionKeys } from './session-keys.ts';

const STOP_WITHIN_MS = 30_000;
const folder = resolve(import.meta.dirname, '../../data/distributed');

const help = () => `Fairseat, a ticket marketplace: services and pages as processes of their own.

  npm run start:distributed                    run them on MongoDB, NATS and Redis, at one address
  npm run start:distributed -- --replicas 2    two processes of each
  npm run start:distributed -- --api-only      without the pages
  npm run start:distributed -- --help          this text

It sets PLATFORM, API_ORIGIN and SESSION_KEY_FILE by itself. Where MONGODB_URL, NATS_URL or
REDIS_URL is not set, it finds or starts that server as \`npm run servers\` does.

${settingsHelp()}`;

/** The keys to the money are for those alone who take it. */
const withoutKeys = {
  STRIPE_SECRET_KEY: '',
  STRIPE_WEBHOOK_SECRETS: '',
  STRIPE_PUBLISHABLE_KEY: '',
};

const say = (line: string) => log('fairseat', 'white', line);

/** The steps that stop everything; run in reverse order. */
const undo: (() => Promise<unknown>)[] = [];

async function stop() {
  for (const step of undo.splice(0).reverse()) await step();
}

async function main() {
  const { values } = parseArgs({
    options: {
      replicas: { type: 'string', default: '1' },
      'api-only': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(help());
    return;
  }
  stopWhenAsked();
  const replicas = Number(values.replicas);
  if (!Number.isInteger(replicas) || replicas < 1) {
    throw new StartError(`--replicas=${values.replicas}: expected a whole number from 1`);
  }
  const keys = await makeSessionKeys(folder);
  const { stdin, hold } = leash();
  const servers = await startServers({ say, hold });
  for (const { name, version, origin } of servers) say(`${name} ${version}: ${origin}`);
  const only = servers.filter(({ isNew }) => isNew).map(({ setting }) => setting);
  undo.push(() => stopServers({ only }));

  const shared = {
    PLATFORM: 'distributed',
    SESSION_KEY_FILE: keys.publicFile,
    ...Object.fromEntries(servers.map(({ setting, url }) => [setting, url])),
  };
  const config = readConfig({ ...process.env, ...shared });
  const { host } = config;
  const port = config.port || (await freePort(0));
  const publicOrigin = config.publicOrigin ?? `http://${host}:${port}`;
  const withPages = !values['api-only'];
  const services = createServices();
  const signers = services.filter(({ needs }) => needs.includes('signSession'));
  const takers = services.filter(({ needs }) => needs.includes('gateway'));
  const names = [...services.map(({ name }) => name), ...(withPages ? [CLIENT] : [])];

  const fleet = new Fleet(stdin);
  // The pages send the address of their visitor with each request to the API. The router that believes it cannot be
  // reached from outside.
  const behind = { ...config, trustedProxies: 'loopback', operationsPort: undefined };
  const inner = await createInnerRouter(fleet, services, behind);
  undo.push(() => inner.close());
  const apiOrigin = await inner.listen({ host: '127.0.0.1', port: 0 });

  undo.push(() => fleet.stop());
  void fleet.failure.then(fail);
  fleet.start(names, replicas, (service) => ({
    ...shared,
    HOST: '127.0.0.1',
    PORT: '0',
    PUBLIC_ORIGIN: publicOrigin,
    TRUSTED_PROXIES: 'loopback',
    OPERATIONS_PORT: '',
    ...(signers.some(({ name }) => name === service) && { SESSION_KEY_FILE: keys.privateFile }),
    ...(!takers.some(({ name }) => name === service) && withoutKeys),
    ...(service === CLIENT && { API_ORIGIN: apiOrigin }),
  }));
  await fleet.listening;
  const router = await createRouter(fleet, services, { config, withPages, publicOrigin });
  undo.push(() => router.close());
  // The router waits for all its open connections, and streams end only with their process.
  for (const streaming of ['live', 'feed']) undo.push(() => fleet.stop(streaming));
  const address = await router.listen({ host, port });
  await fleet.ready;
  say(`Fairseat is listening on ${config.publicOrigin ?? address}`);
  say(`  API     ${address}/docs`);
  say(`  Payment ${paymentMode(config)}`);
}

async function fail(error: unknown) {
  console.error(`Fairseat cannot run: ${whyNotStarted(error)}`);
  await stop();
  process.exit(1);
}

function stopWhenAsked() {
  closeWithGrace({ delay: STOP_WITHIN_MS, logger: false }, async ({ err, signal }) => {
    if (err) console.error(err);
    else say(`${signal}: finishing what is in flight …`);
    await stop();
    say('stopped');
  });
}

await main().catch(fail);
