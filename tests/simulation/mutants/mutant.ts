/** Changes of the sources, made while they load, never on disk. */
import { registerHooks } from 'node:module';
import type { PlatformName } from '../plan.ts';
import type { Troubled } from '../time-plan.ts';

/** A change at one place. */
export interface Change {
  /** The path from the root of the repository. */
  file: string;
  /** The text to replace, which must occur exactly once in the file. */
  find: string;
  replace: string;
}

/** A small, realistic bug. */
export interface Mutant extends Change {
  /** Lower case, with dashes. */
  name: string;
  /** The numbers of docs/known-failures.md that it brings back, or 'guard' when it takes out a guard. */
  shows: readonly number[] | 'guard';
  /** The failure, in plain words. */
  breaks: string;
  /** The platform to hunt it on; unset for engines made for the simulation. */
  platform?: PlatformName;
  /** The troubles that show it; unset for the usual ones. */
  troubles?: Troubled;
  /** The beginnings of the rules that may find it. Found by another rule, it does not count as caught. */
  rules: readonly string[];
}

/** @throws Error unless the text to replace occurs exactly once. */
export function patch(source: string, { file, find, replace }: Change): string {
  const [before = '', after = '', ...more] = source.split(find);
  const times = source.includes(find) ? 1 + more.length : 0;
  if (times === 1) return before + replace + after;
  throw new Error(
    `Cannot find the one place to change in ${file}: it is there ${times} times. Adapt ${JSON.stringify(find)}.`,
  );
}

/** Makes the sources load with this change. The returned function tells whether they did. */
export function infect(change: Change): () => boolean {
  const url = new URL(`../../../${change.file}`, import.meta.url).href;
  let isIn = false;
  registerHooks({
    load(loading, context, nextLoad) {
      const module = nextLoad(loading, context);
      if (loading !== url) return module;
      isIn = true;
      return {
        ...module,
        source: patch(Buffer.from(module.source as Uint8Array).toString(), change),
      };
    },
  });
  return () => isIn;
}
