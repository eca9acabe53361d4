/** Servers as processes of their own, and what they use of the machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once as eventOf } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Cores, readProc, takeCores } from './cores.ts';
import { ask, request } from './http.ts';

export const cores: Cores | undefined = takeCores();

/** Includes the build of the pages. */
const READY_WITHIN_MS = 180_000;
const STOP_WITHIN_MS = 20_000;
/** The kernel counts processor time in ticks of a hundredth of a second. */
const MS_PER_TICK = 10;

const started = new Set<ChildProcess>();
/** Holds all files of the run; removed when the run ends, however it ends. */
const workDir = mkdtempSync(join(tmpdir(), 'fairseat-bench-'));
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(workDir, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

let folders = 0;
export const newFolder = () => join(workDir, String(++folders));

export interface Server {
  port: number;
  /** From spawning the process to its first good answer. */
  readyMs: number;
  child: ChildProcess;
  stop(): Promise<void>;
}

/** Runs a program on the servers' core, or with `anyCore` on both. */
export function run(
  program: URL,
  args: string[],
  env: Record<string, string>,
  flags: string[] = [],
  anyCore = false,
) {
  const node = [
    process.execPath,
    ...flags,
    '--conditions=@fairseat/source',
    fileURLToPath(program),
  ];
  const own = cores && (anyCore ? `${cores.server},${cores.load}` : String(cores.server));
  const pin = own ? ['taskset', '-c', own] : [];
  const [command = '', ...rest] = [...pin, ...node, ...args];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...env },
  });
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}

/** Runs a program that prints where it listens, and waits until it answers `probe`. */
export async function serve(
  program: URL,
  { args = [], env = {}, flags = [], probe = '/readyz', anyCore }: ServeOptions = {},
): Promise<Server> {
  const startedAt = performance.now();
  const child = run(program, args, { HOST: '127.0.0.1', PORT: '0', ...env }, flags, anyCore);
  const port = await listeningPort(child);
  while ((await ask(port, request('GET', probe))).status !== 200) await sleep(20);
  return { port, readyMs: performance.now() - startedAt, child, stop: () => stop(child) };
}

interface ServeOptions {
  args?: string[];
  env?: Record<string, string>;
  flags?: string[];
  probe?: string;
  /** Not pinned to the servers' core, for what is many processes elsewhere too. */
  anyCore?: boolean;
}

/** The folder of this tree. */
export const tree = new URL('../', import.meta.url);
const marketplace = (of: URL) => new URL('services/marketplace/main.ts', of);

interface MarketplaceOptions {
  flags?: string[];
  env?: Record<string, string>;
  /** The folder of the version's sources. */
  of?: URL;
}

export const serveMarketplace = (dataDir: string, options: MarketplaceOptions = {}) =>
  serve(marketplace(options.of ?? tree), {
    args: ['--api-only'],
    env: { DATA_DIR: dataDir, RATE_LIMITS: 'off', LOG_LEVEL: 'warn', ...options.env },
    flags: options.flags ?? [],
  });

/** The marketplace with its pages, which are built if needed. */
export const serveWithPages = (dataDir: string) =>
  serve(marketplace(tree), {
    env: { DATA_DIR: dataDir, RATE_LIMITS: 'off', LOG_LEVEL: 'warn' },
    probe: '/',
  });

const bare = new URL('./bare.ts', import.meta.url);

export const serveBare = () => serve(bare);

const oneRow = new URL('./one-row.ts', import.meta.url);

export const serveOneRow = (dataDir: string, idsFile: string) =>
  serve(oneRow, { args: [dataDir, idsFile] });

async function listeningPort(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
    if (port) resolve(Number(port));
  });
  child.once('exit', (code) => reject(new Error(`a server ended with ${code}: ${output}`)));
  const timer = setTimeout(() => reject(new Error('a server did not start')), READY_WITHIN_MS);
  return promise.finally(() => clearTimeout(timer));
}

async function stop(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = eventOf(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await exit;
  clearTimeout(timer);
}

/** Processor time used so far by all threads. */
export function cpuMs({ child }: Server): number {
  const fields = readProc(`${child.pid}/stat`).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

export function residentMb({ child }: Server): number {
  const kb = /^VmRSS:\s*(\d+) kB$/m.exec(readProc(`${child.pid}/status`))?.[1];
  return Number(kb) / 1024;
}

const LOOK_EVERY_MS = 150;
const QUIET_LOOKS = 2;
const QUIET_WITHIN_MS = 30_000;

/** Waits until the server has nothing left to do. Returns how long that took, in ms. */
export async function quiet(server: Server): Promise<number> {
  const startedAt = performance.now();
  let used = cpuMs(server);
  if (Number.isNaN(used)) await sleep(3000);
  for (let quietLooks = 0; quietLooks < QUIET_LOOKS && !Number.isNaN(used); ) {
    await sleep(LOOK_EVERY_MS);
    const now = cpuMs(server);
    // Periodic work may take one tick.
    quietLooks = now - used <= MS_PER_TICK ? quietLooks + 1 : 0;
    used = now;
    if (performance.now() - startedAt > QUIET_WITHIN_MS) throw new Error('a server stays busy');
  }
  return Math.max(0, performance.now() - startedAt - LOOK_EVERY_MS * QUIET_LOOKS);
}
