// Compares the catalogue of events with all that was published, and writes what is new: npm run events -- --help
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { eventTypes, jsonSchemaOf } from '@fairseat/common/events';
import type { Schema } from './compare.ts';
import { breaks, unwritten } from './gate.ts';
import { brought, readHistory, released, writeHistory } from './history.ts';

const HELP = `npm run events [-- option]

Without an option: says whether the catalogue may be published after all that was published before.
  --write            writes the next version of each event that changed compatibly
  --release VERSION  the same, and notes that this release published the newest version of each event`;

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'packages/common/catalogue');

const { values: options } = parseArgs({
  options: {
    help: { type: 'boolean' },
    write: { type: 'boolean' },
    release: { type: 'string' },
  },
});

if (options.help) console.log(HELP);
else {
  const lines = run();
  for (const line of lines) console.log(line);
  if (lines.length > 0) process.exitCode = 1;
}

function run(): string[] {
  const history = readHistory(folder);
  if (Array.isArray(history)) return history;
  const today = catalogue();
  const broken = breaks(today, history);
  if (broken.length > 0) return broken;
  if (!options.write && !options.release) return unwritten(today, history, releases());
  if (options.release && options.release in history.index.releases) {
    return [`Release ${options.release} is in the history of events already.`];
  }
  const next = brought(today, history);
  writeHistory(folder, options.release ? released(options.release, next) : next);
  return [];
}

function catalogue(): Record<string, Schema> {
  return Object.fromEntries(eventTypes().map((type) => [type, jsonSchemaOf(type) as Schema]));
}

function releases(): string[] {
  return Object.keys(JSON.parse(readFileSync(join(root, 'releases.json'), 'utf8')));
}
