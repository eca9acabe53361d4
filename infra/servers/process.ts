/** Processes that go on when we have ended, each the leader of a process group. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { access, constants, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A process, and when it began: ids are given again after a while. */
export interface Detached {
  pid: number;
  startedAt: string;
}

/** A process, and what ends what it may leave. */
export interface Leashed extends Detached {
  cleanUp?: string[];
}

const STOP_WITHIN_MS = 15_000;

export async function launch([command = '', ...args]: string[], log: string): Promise<Detached> {
  const file = openSync(log, 'a', 0o600);
  const child = spawn(command, args, { detached: true, stdio: ['ignore', file, file] });
  closeSync(file);
  await once(child, 'spawn');
  child.unref();
  return detached(Number(child.pid));
}

export const detached = (pid: number): Detached => ({ pid, startedAt: startOf(pid) });

export function isAlive({ pid, startedAt }: Detached): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return startOf(pid) === startedAt;
}

/** Asks the whole group to end, and ends it if that takes too long. */
async function end(detached: Detached): Promise<void> {
  if (!isAlive(detached)) return;
  process.kill(-detached.pid, 'SIGTERM');
  const deadline = Date.now() + STOP_WITHIN_MS;
  while (isAlive(detached) && Date.now() < deadline) await pause(50);
  if (isAlive(detached)) process.kill(-detached.pid, 'SIGKILL');
}

export async function stop(leashed: Leashed): Promise<void> {
  await end(leashed);
  if (leashed.cleanUp) await run(leashed.cleanUp).catch(() => {});
}

/** Starts a process that ends others once this one is gone, and all others that hold its input, however they ended. */
export function leash() {
  const main = join(import.meta.dirname, 'leash.ts');
  const child = spawn(process.execPath, [main], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  const { stdin } = child;
  return { stdin, hold: (leashed: Leashed) => void stdin.write(`${JSON.stringify(leashed)}\n`) };
}

/** Where the system does not tell, the id alone must do. */
function startOf(pid: number): string {
  if (!existsSync('/proc/self/stat')) return 'unknown';
  try {
    // The program's name comes second, in parentheses, and may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? 'unknown');
  } catch {
    return 'ended';
  }
}

/** This port if nobody listens on it, else any. */
export async function freePort(wanted: number): Promise<number> {
  const server = createServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as { port: number }).port;
  } catch {
    return freePort(0);
  } finally {
    server.close();
  }
}

/** The first of these programs that can be run. */
export async function findProgram(...names: string[]): Promise<string | undefined> {
  for (const name of names) {
    const folders = name.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
    for (const folder of folders) {
      const path = join(folder, name);
      if (await access(path, constants.X_OK).then(yes, no)) return path;
    }
  }
  return undefined;
}

/** What a program prints. @throws with its last words when it fails. */
export async function outputOf(
  command: string,
  args: string[],
  options: { env?: Record<string, string>; cwd?: string; timeoutMs?: number } = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      maxBuffer: 2 ** 26,
      timeout: options.timeoutMs ?? 0,
      env: { ...process.env, ...options.env },
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    });
    return stdout;
  } catch (error) {
    const {
      stdout = '',
      stderr = '',
      message,
    } = error as Error & Record<'stdout' | 'stderr', string>;
    const words = `${stdout}\n${stderr}`.trim().split('\n').slice(-10).join('\n') || message;
    throw new Error(`${command} ${args.join(' ')} failed:\n${words}`, { cause: error });
  }
}

export const run = ([command = '', ...args]: string[]) => outputOf(command, args);

/** One process at a time does the work; the others wait. */
export async function alone<T>(lock: string, work: () => Promise<T>): Promise<T> {
  const self = detached(process.pid);
  while (!(await writeFile(lock, JSON.stringify(self), { flag: 'wx' }).then(yes, no))) {
    const text = await readFile(lock, 'utf8').catch(() => '');
    const holder = text ? (JSON.parse(text) as Detached) : self;
    // Killed before it could take it away.
    if (!isAlive(holder)) await rm(lock, { force: true });
    await pause(100);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

const yes = () => true;
const no = () => false;
