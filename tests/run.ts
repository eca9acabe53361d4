/**
 * `npm test`: everything. Gets the servers of the distributed platform and a browser before any test. Where it cannot get
 * them, it says so last, where it is seen; in CI it fails.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { installTools } from '@fairseat/k8s/tools';
import { startServers } from '@fairseat/servers';
import { browserProgram } from '@fairseat/servers/browser';
import { compilerProgram } from '@fairseat/servers/compiler';
import { installFonts } from '@fairseat/servers/fonts';
import { stripeMock } from '@fairseat/servers/stripe-mock';

const say = (line: string) => process.stdout.write(`${line}\n`);

async function serverSettings(): Promise<Record<string, string>> {
  const servers = await startServers({ say });
  return Object.fromEntries(servers.map(({ setting, url }) => [setting, url]));
}

const notRun: string[] = [];

/** What these tests need, or undefined where it cannot be had. */
function needed<T>(tests: string, preparation: Promise<T>): Promise<T | undefined> {
  return preparation.catch((error: Error) => {
    notRun.push(`NOT RUN: ${tests}. ${error.message}`);
    return undefined;
  });
}

const [settings] = await Promise.all([
  needed('the tests of the distributed platform', serverSettings()),
  needed('the tests in a browser (tests/e2e)', browserProgram(say)),
  needed('the pictures (tests/e2e/pictures.test.ts)', installFonts(say)),
  needed('the test of a loss of power (tests/processes/power-loss)', compilerProgram(say)),
  needed("the tests on Stripe's description of its API", stripeMock(say)),
  needed(
    'the tests of the manifests (tests/repository/manifests.test.ts)',
    installTools(say, 'kustomize', 'helm'),
  ),
]);
if (process.env['CI'] && notRun.length > 0) {
  say(notRun.join('\n'));
  process.exit(1);
}

const child = spawn('vitest', ['run', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...settings },
});
// Ctrl-C in a terminal reaches both processes; this one waits for the last output of the other.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
const [code] = await once(child, 'exit');
process.exitCode = code ?? 1;
for (const line of notRun) say(`\n${line}`);
