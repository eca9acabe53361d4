/** The processes of this machine, where `/proc` tells of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export const hasProc = existsSync('/proc/self/stat');

interface Entry {
  pid: number;
  parent: number;
  /** In clock ticks since the machine started: ids are given again after a while. */
  startedAt: string;
}

function entries(): Entry[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      // The program's name comes second, in parentheses, and may hold anything.
      const fields =
        readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      const [state = '', parent = ''] = fields;
      if (state === 'Z') return [];
      return { pid: Number(name), parent: Number(parent), startedAt: fields[19] ?? '' };
    } catch {
      return [];
    }
  });
}

/** A process and all that it has started, directly or not. Returns how many of them still run. */
export function familyOf(pid: number): () => number {
  const all = entries();
  const family = all.filter((entry) => entry.pid === pid);
  for (const { pid: parent } of family) {
    family.push(...all.filter((entry) => entry.parent === parent));
  }
  return () => {
    const now = new Map(entries().map((entry) => [entry.pid, entry.startedAt]));
    return family.filter((entry) => now.get(entry.pid) === entry.startedAt).length;
  };
}
