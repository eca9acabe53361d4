/**
 * `npm run images -- [TARGET…]`: makes the images' files without Docker, says how large they are, and starts each as a
 * user who cannot write to them.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createSessionKey, publicKeyOf } from '@fairseat/common/kit';
import { freePort } from '@fairseat/servers';
import { readTargets, type Stage } from './dockerfile.ts';
import { Rehearsal } from './rehearsal.ts';

const USER = 10001;
/** Nothing listens there: a service listens all the same, and waits. */
const NOWHERE = '127.0.0.1:1';

const folder = mkdtempSync(join(tmpdir(), 'images-'));
const api = createServer(
  (_request, response) =>
    void response.end(JSON.stringify({ paths: {}, components: { schemas: {} } })),
);

/** What a container of each image is given. */
async function settings(target: string): Promise<Record<string, string>> {
  const key = await createSessionKey();
  const file = join(folder, `session-key-of-${target}.json`);
  writeFileSync(file, JSON.stringify(target === 'auth' ? key : publicKeyOf(key)), { mode: 0o644 });
  const apiOrigin = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  return {
    ...{ PORT: '0', OPERATIONS_PORT: String(await freePort(0)), SESSION_KEY_FILE: file },
    ...{ MONGODB_URL: `mongodb://${NOWHERE}`, NATS_URL: `nats://${NOWHERE}` },
    ...{
      REDIS_URL: `redis://${NOWHERE}`,
      API_ORIGIN: apiOrigin,
      API_PARTS: `${apiOrigin}/api/all`,
    },
  };
}

/** Starts an image's command, and stops it as soon as it listens. @throws when it does not, or fails. */
async function start({ name, steps }: Stage, cwd: string, env: Record<string, string>) {
  const command = steps.find(({ instruction }) => instruction === 'CMD')?.text ?? '[]';
  const [, ...args] = JSON.parse(command) as string[];
  const isRoot = process.getuid?.() === 0;
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...env, ...(await settings(name)) } as unknown as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(isRoot && { uid: USER, gid: USER }),
  });
  const ended = once(child, 'close');
  const said: string[] = [];
  const wanted = name === 'client' ? `${name} is ready` : `${name} is listening on `;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      said.push(line);
      if (line.startsWith(wanted)) child.kill('SIGTERM');
    });
  }
  await ended;
  if (!said.includes(`${name} has stopped`)) throw new Error(`${name}:\n${said.join('\n')}`);
}

const output = (command: string, cwd: string) =>
  Number.parseInt(execFileSync('sh', ['-c', command], { cwd, encoding: 'utf8' }), 10);

async function main(names: string[]) {
  await once(api.listen(0, '127.0.0.1'), 'listening');
  chmodSync(folder, 0o755);
  const rehearsal = new Rehearsal(folder);
  const targets = readTargets().filter(({ name }) => names.length === 0 || names.includes(name));
  for (const target of targets) {
    const { folder: files, env } = rehearsal.make(target.name);
    const size = output('du --summarize --block-size=1M', files);
    const packed = Math.round(output('tar --create . | gzip | wc --bytes', files) / 1e6);
    await start(target, files, env);
    console.log(`${target.name.padEnd(12)} ${size} MB, ${packed} MB compressed, beside the base`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  api.close();
  rmSync(folder, { recursive: true, force: true });
}
