/** Reads the Dockerfile: as much of its language as ours uses. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Stage {
  name: string;
  /** The stage or the image that it begins with. */
  from: string;
  /** All but FROM, in their order. */
  steps: { instruction: string; text: string }[];
}

/** Its stages, in their order. */
export function readStages(): Stage[] {
  const text = readFileSync(join(import.meta.dirname, 'Dockerfile'), 'utf8');
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const stages: Stage[] = [];
  for (const line of lines.filter(Boolean)) {
    const [, instruction = '', text = ''] = /^(\w+) (.*)$/.exec(line) ?? [];
    const stage = stages.at(-1);
    if (instruction !== 'FROM') {
      stage?.steps.push({ instruction, text });
      continue;
    }
    const [, from = '', name = ''] = /^(\S+) AS (\S+)$/.exec(text) ?? [];
    stages.push({ name, from, steps: [] });
  }
  return stages;
}

/** The stages that are images: those that say what runs in them. */
export const readTargets = () =>
  readStages().filter(({ steps }) => steps.some(({ instruction }) => instruction === 'CMD'));
