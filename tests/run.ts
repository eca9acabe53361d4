/**
 * `npm test`: everything. Has the servers of the distributed platform running before any test begins; where they cannot
 * be had, says so last, where it is seen. For CI that is a failure.
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
// Ctrl-C in a terminal reaches both; this one waits for the other's last words.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
const [code] = await once(child, 'exit');
process.exitCode = code ?? 1;
if (missing) say(`\nNOT RUN: the tests of the distributed platform. ${missing.message}`);
