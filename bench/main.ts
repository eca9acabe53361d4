/** `npm run bench`: every speed that is promised, against baselines measured in the same run. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureCrowd } from './crowd.ts';
import { measureFootprint } from './footprint.ts';
import { measureGrowth } from './growth.ts';
import { measurePages } from './pages.ts';
import { profileReservations } from './profile.ts';
import { measureRelease } from './release.ts';
import { Report } from './report.ts';
import { measureReservations } from './reservations.ts';
import { cores } from './server.ts';
import { measureStreams } from './streams.ts';

const LIMIT_MS = 900_000;

const parts: Record<string, (report: Report) => Promise<void>> = {
  reservations: measureReservations,
  crowd: measureCrowd,
  growth: measureGrowth,
  release: measureRelease,
  footprint: measureFootprint,
  streams: measureStreams,
  pages: measurePages,
};

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    profile: { type: 'boolean' },
    out: { type: 'string', default: new URL('./results.json', import.meta.url).pathname },
  },
});
const wanted = options.only?.split(',') ?? Object.keys(parts);
const unknown = wanted.filter((part) => !(part in parts));
if (unknown.length > 0) {
  console.error(`No such part: ${unknown}. There are: ${Object.keys(parts).join(', ')}.`);
  process.exit(1);
}
setTimeout(() => {
  console.error('The measurements took too long and were given up.');
  process.exit(1);
}, LIMIT_MS).unref();

const report = new Report();
const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  node: process.version,
  pinned: cores ?? null,
};
console.log(`${machine.processor}, Node ${machine.node}`);
console.log(
  cores
    ? `Servers on core ${cores.server}, load on core ${cores.load}.`
    : 'Not pinned to cores: there is no taskset or only one core.',
);
const startedAt = new Date();
if (options.profile) {
  await profileReservations(report, new URL('./reservations.cpuprofile', import.meta.url).pathname);
} else {
  for (const part of wanted) await parts[part]?.(report);
}
writeFileSync(
  options.out,
  `${JSON.stringify({ startedAt: startedAt.toISOString(), machine, parts: report.parts }, null, 2)}\n`,
);
const { missed } = report;
console.log(`\n${Math.round((Date.now() - startedAt.getTime()) / 1000)} s, kept in ${options.out}`);
for (const name of missed) console.log(`MISSED: ${name}`);
process.exit(missed.length > 0 ? 1 : 0);
