/** `npm run servers`: has MongoDB, NATS and Redis running, and says where, in lines that a shell can read. */
import { parseArgs } from 'node:util';
import { startServers, stopServers } from './servers.ts';

const USAGE = `npm run --silent servers                  finds or starts MongoDB, NATS and Redis
npm run --silent servers -- --toxiproxy   and what cuts and slows links, for tests
npm run --silent servers -- stop          ends what it started; --wipe deletes their data as well`;

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      toxiproxy: { type: 'boolean' },
      wipe: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [command = 'start', ...rest] = positionals;
  if (rest.length > 0 || !['start', 'stop'].includes(command)) throw new Error(USAGE);
  if (command === 'stop') {
    const stopped = await stopServers({ wipe: values.wipe ?? false });
    console.log(`# ${stopped.map(({ name }) => name).join(', ') || 'nothing'} stopped`);
    return;
  }
  const say = (line: string) => console.error(line);
  for (const server of await startServers({ toxiproxy: values.toxiproxy ?? false, say })) {
    const { name, version, origin, setting, url, started } = server;
    console.log(`# ${name} ${version}: ${origin}${started ? `, log in ${started.log}` : ''}`);
    console.log(`${setting}='${url}'`);
  }
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
