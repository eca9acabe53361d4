/** `npm run bench`: every promised speed, against baselines measured in the same run. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureBytes } from './bytes.ts';
import { measureCrowd } from './crowd.ts';
import { measureDistributed } from './distributed.ts';
import { measureFailing } from './failing.ts';
import { measureFeed } from './feed.ts';
import { measureFootprint } from './footprint.ts';
import { measureGrowth } from './growth.ts';
import { measurePages } from './pages.ts';
import { profileReservations } from './profile.ts';
import { measureRelease } from './release.ts';
import { Report } from './report.ts';
import { measureReservations } from './reservations.ts';
import { keepResults } from './results.ts';
import { cores } from './server.ts';
import { measureShrinking } from './shrinking.ts';
import { measureSince } from './since.ts';
import { measureStreams } from './streams.ts';

const LIMIT_MS = 900_000;

const parts: Record<string, (report: Report) => Promise<void>> = {
  reservations: measureReservations,
  crowd: measureCrowd,
  growth: measureGrowth,
  release: measureRelease,
  footprint: measureFootprint,
  failing: measureFailing,
  shrinking: measureShrinking,
  bytes: measureBytes,
  streams: measureStreams,
  feed: measureFeed,
  pages: measurePages,
  distributed: measureDistributed,
  since: (report) => measureSince(report, options.before),
};
/** The parts that run only when named: they need a browser, servers, or another version. */
const onRequest = ['pages', 'distributed', 'since'];
const usual = Object.keys(parts).filter((part) => !onRequest.includes(part));

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    before: { type: 'string' },
    profile: { type: 'boolean' },
    out: { type: 'string', default: new URL('./results.json', import.meta.url).pathname },
  },
});
const named = [...positionals, ...(options.only?.split(',') ?? [])];
const unknown = named.filter((part) => !(part in parts));
if (unknown.length > 0) {
  console.error(`No such part: ${unknown}. There are: ${Object.keys(parts).join(', ')}.`);
  process.exit(1);
}
setTimeout(() => {
  console.error('The measurements took too long and were given up.');
  process.exit(1);
}, LIMIT_MS).unref();

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
if (options.profile) {
  const path = new URL('./reservations.cpuprofile', import.meta.url).pathname;
  await profileReservations(new Report(), path);
  process.exit(0);
}
const missed: string[] = [];
for (const part of named.length > 0 ? named : usual) {
  const startedAt = new Date();
  const report = new Report();
  await parts[part]?.(report);
  const seconds = Math.round((Date.now() - startedAt.getTime()) / 1000);
  keepResults(options.out, part, { startedAt, seconds, machine, sections: report.sections });
  console.log(`\n${part}: ${seconds} s, kept in ${options.out}`);
  missed.push(...report.missed.map((name) => `${part}: ${name}`));
}
for (const name of missed) console.log(`MISSED: ${name}`);
process.exit(missed.length > 0 ? 1 : 0);
