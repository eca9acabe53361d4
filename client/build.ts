/** The production build of the pages: made at the first start, and again when its sources have changed. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '@fairseat/common/kit';

const root = join(import.meta.dirname, '..');
const STAMP = 'client/.next/fairseat-build';
const LOCK = 'client/.next-lock';
const SOURCES = ['package-lock.json', 'client/**', 'packages/common/src/**'];
/** The build itself writes `next-env.d.ts`. */
const NO_SOURCE = /(^|\/)(node_modules|\.next|\.next-lock|next-env\.d\.ts)$|\.test\.tsx?$/;
const LOOK_AGAIN_MS = 200;

/** @throws ConfigError with the reason when the build fails. */
export async function build(): Promise<void> {
  const wanted = await hashOfSources();
  if (read(STAMP) === wanted) return;
  await lockedAgainstOthers(async () => {
    // Another process may have built it while this one waited.
    if (read(STAMP) === wanted) return;
    console.log('Building the pages: once, and again only when they change …');
    const startedAt = performance.now();
    await runBuild();
    hintCompilers();
    writeFileSync(join(root, STAMP), wanted);
    console.log(`Built in ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`);
  });
}

async function hashOfSources() {
  const paths: string[] = [];
  for await (const path of glob(SOURCES, { cwd: root, exclude: isNoSource })) paths.push(path);
  const hash = createHash('sha256').update(process.version);
  for (const path of paths.sort()) {
    if (!statSync(join(root, path)).isDirectory()) hash.update(path).update(read(path) ?? '');
  }
  return hash.digest('hex');
}

const isNoSource = (path: string) => NO_SOURCE.test(path);

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function runBuild() {
  rmSync(join(root, STAMP), { force: true });
  const next = createRequire(join(root, 'client/package.json')).resolve('next/dist/bin/next');
  // Next.js runs `node` of the PATH for style sheets, and without one waits for ever.
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  const child = spawn(process.execPath, [next, 'build'], {
    cwd: join(root, 'client'),
    env: { ...process.env, PATH: path, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // The build must not outlive this process.
  const end = () => child.kill();
  process.once('exit', end);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, 'close');
  process.off('exit', end);
  if (code !== 0) throw new ConfigError(`The pages cannot be built.\n${output.trim()}`);
}

/**
 * Browsers that know this hint of V8 compile the scripts of every page as they arrive, on another thread. Otherwise
 * each function is compiled at its first call, which blocks the page.
 */
function hintCompilers() {
  const folder = join(root, 'client/.next');
  const manifest = readFileSync(join(folder, 'build-manifest.json'), 'utf8');
  for (const name of JSON.parse(manifest).rootMainFiles) {
    const path = join(folder, name);
    writeFileSync(path, `//# allFunctionsCalledOnLoad\n${readFileSync(path, 'utf8')}`);
  }
}

/** Lets processes that start at the same time build the pages only once. */
async function lockedAgainstOthers(work: () => Promise<void>) {
  while (!takeLock()) await sleep(LOOK_AGAIN_MS);
  try {
    await work();
  } finally {
    rmSync(join(root, LOCK), { force: true });
  }
}

function takeLock(): boolean {
  try {
    writeFileSync(join(root, LOCK), String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST')
      throw new ConfigError(`The pages cannot be built: ${message}`, { cause: error });
  }
  // A process that was killed may have left its lock behind.
  if (!isRunning(Number(read(LOCK)))) rmSync(join(root, LOCK), { force: true });
  return false;
}

function isRunning(pid: number) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
