/** Gives the servers one core and the load generator another, so that neither takes the other's time. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Cores {
  server: number;
  load: number;
}

/** Pins this process. Returns undefined where the machine has no `taskset` or only one core. */
export function takeCores(): Cores | undefined {
  const [server, load] = allowedCores();
  if (server === undefined || load === undefined) return undefined;
  const pinned = spawnSync('taskset', ['-a', '-c', '-p', String(load), String(process.pid)]);
  return pinned.status === 0 ? { server, load } : undefined;
}

/** Parses a list such as `0-2,5`. */
function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readProc('self/status'))?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [from = Number.NaN, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 || 0 }, (_, index) => from + index);
  });
}

/** Empty on systems without `/proc`. */
export function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}

/** Processor time that all processes have used on this core so far, in ms; NaN where the system does not tell. */
export function busyMs(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readProc('stat'))?.[1] ?? '';
  const [user, nice, system, , , interrupts, softInterrupts] = line.split(' ').map(Number);
  const ticks = [user, nice, system, interrupts, softInterrupts];
  return ticks.reduce<number>((sum, value = Number.NaN) => sum + value, 0) * 10;
}
