// Writes the reference in docs/reference, and the recorded purchase of the README: npm run docs:generate
// With --check it only says what is stale.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createServices } from '@fairseat/marketplace/services';
import { FOLDER, generate, undescribed } from './generate.ts';

const root = join(import.meta.dirname, '../..');
/** Written by other commands. */
const OTHERS = ['faults.md', 'mutants.md', 'cluster.md'].map((name) => `${FOLDER}/${name}`);

const { check } = parseArgs({ options: { check: { type: 'boolean', default: false } } }).values;
const files = await generate(root, createServices());
const gone = globSync(`${FOLDER}/**/*.{md,json}`, { cwd: root }).filter(
  (path) => !(path in files) && !OTHERS.includes(path),
);
const stale = Object.keys(files).filter((path) => textOf(path) !== files[path]);
const wrong = [
  ...undescribed(),
  ...(check ? [...stale, ...gone].map((path) => `${path} is stale.`) : []),
];

for (const line of wrong) console.error(line);
if (wrong.length > 0) {
  console.error('Run `npm run docs:generate`, look at what it changed, and commit it.');
  process.exitCode = 1;
} else if (!check) {
  for (const path of gone) rmSync(join(root, path));
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files[path] as string);
  }
  console.log(`${FOLDER}: ${stale.length} files written, ${gone.length} removed.`);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n');
  } catch {
    return undefined;
  }
}
