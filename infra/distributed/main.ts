/** `npm run start:distributed`: each service a process of its own on MongoDB, NATS and Redis, behind one address. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StartError } from '@fairseat/common/errors';
import { readConfig, whyNotStarted } from '@fairseat/common/kit';
import { freePort, startServers, stopServers } from '@fairseat/servers';
import closeWithGrace from 'close-with-grace';
import { Fleet, log } from './fleet.ts';
import { createRouter } from './router.ts';
import { makeSessionKeys } from './session-keys.ts';

const STOP_WITHIN_MS = 30_000;
const folder = resolve(import.meta.dirname, '../../data/distributed');

const say = (line: string) => log('fairseat', 'white', line);

/** What has to be undone, the latest first. */
const undo: (() => Promise<unknown>)[] = [];

async function stop() {
  for (const step of undo.splice(0).reverse()) await step();
}

async function main() {
  const { values } = parseArgs({ options: { replicas: { type: 'string', default: '1' } } });
  const replicas = Number(values.replicas);
  if (!Number.isInteger(replicas) || replicas < 1) {
    throw new StartError(`--replicas=${values.replicas}: expected a whole number from 1`);
  }
  const keys = await makeSessionKeys(folder);
  const servers = await startServers({ say });
  for (const { name, version, origin } of servers) say(`${name} ${version}: ${origin}`);
  const only = servers.filter(({ isNew }) => isNew).map(({ setting }) => setting);
  undo.push(() => stopServers({ only }));

  const shared = {
    PLATFORM: 'distributed',
    SESSION_KEY_FILE: keys.publicFile,
    ...Object.fromEntries(servers.map(({ setting, url }) => [setting, url])),
  };
  const {
    host,
    port: wanted,
    publicOrigin,
    trustedProxies,
  } = readConfig({ ...process.env, ...shared });
  const port = wanted || (await freePort(0));
  const fleet = new Fleet({
    replicas,
    envOf: (service) => ({
      ...shared,
      HOST: '127.0.0.1',
      PORT: '0',
      PUBLIC_ORIGIN: publicOrigin ?? `http://${host}:${port}`,
      TRUSTED_PROXIES: 'loopback',
      ...(service === 'auth' && { SESSION_KEY_FILE: keys.privateFile }),
    }),
  });
  undo.push(() => fleet.stop());
  void fleet.failure.then(fail);

  await fleet.listening;
  const router = await createRouter(fleet, trustedProxies ?? false);
  undo.push(() => router.close());
  const address = await router.listen({ host, port });
  await fleet.ready;
  say(`Fairseat is listening on ${publicOrigin ?? address}`);
  say(`  API     ${address}/docs`);
  say('  Payment TEST MODE: no card is charged and no money moves');
}

async function fail(error: unknown) {
  console.error(`Fairseat cannot run: ${whyNotStarted(error)}`);
  await stop();
  process.exit(1);
}

closeWithGrace({ delay: STOP_WITHIN_MS, logger: false }, async ({ err, signal }) => {
  if (err) console.error(err);
  else say(`${signal}: finishing what is in flight …`);
  await stop();
  say('stopped');
});

await main().catch(fail);
