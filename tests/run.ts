/**
 * `npm test`: everything. Starts the servers of the distributed platform before any test. Where they cannot start, it
 * says so last, where it is seen; in CI it fails.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { startServers } from '@fairseat/servers';

const say = (line: string) => process.stdout.write(`${line}\n`);

async function serverSettings(): Promise<Record<string, string>> {
  const servers = await startServers({ say });
  return Object.fromEntries(servers.map(({ setting, url }) => [setting, url]));
}

let settings = {};
let missing: Error | undefined;
try {
  settings = await serverSettings();
} catch (error) {
  if (process.env['CI']) throw error;
  missing = error as Error;
}

const child = spawn('vitest', ['run', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...settings },
});
// Ctrl-C in a terminal reaches both processes; this one waits for the last output of the other.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
const [code] = await once(child, 'exit');
process.exitCode = code ?? 1;
if (missing) say(`\nNOT RUN: the tests of the distributed platform. ${missing.message}`);
