/** A small, believable bug: other words at one place of the sources, put in as they are loaded, never on disk. */
import { registerHooks } from 'node:module';
import type { PlatformName } from '../plan.ts';

export interface Mutant {
  /** Lower case, with dashes. */
  name: string;
  /** Numbers of docs/known-failures.md that it brings back, or a guard that it takes out. */
  shows: readonly number[] | 'guard';
  /** What goes wrong, in plain words. */
  breaks: string;
  /** From the root of the repository. */
  file: string;
  /** Where it is hunted, if not on engines made for simulation. */
  platform?: PlatformName;
  /** Must occur exactly once in the file. */
  find: string;
  replace: string;
  /** The rules that may rightly find it, as they begin. Found by any other, it is not caught. */
  rules: readonly string[];
}

/** @throws Error when what it changes is not there, or there more than once. */
export function patch(source: string, { name, file, find, replace }: Mutant): string {
  const [before = '', after = '', ...more] = source.split(find);
  const times = source.includes(find) ? 1 + more.length : 0;
  if (times === 1) return before + replace + after;
  throw new Error(
    `Mutant ${name} cannot find the one place to change in ${file}: it is there ${times} times. Adapt its "find".`,
  );
}

/** From now on the sources load with this bug. The answer tells whether they did. */
export function infect(mutant: Mutant): () => boolean {
  const url = new URL(`../../../${mutant.file}`, import.meta.url).href;
  let isIn = false;
  registerHooks({
    load(loading, context, nextLoad) {
      const module = nextLoad(loading, context);
      if (loading !== url) return module;
      isIn = true;
      return {
        ...module,
        source: patch(Buffer.from(module.source as Uint8Array).toString(), mutant),
      };
    },
  });
  return () => isIn;
}
