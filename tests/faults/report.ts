/** Writes the outcomes as a table for people. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Fault, Outcome } from './stage.ts';

const SELLS_AGAIN_WITHIN_MS = 5000;
const page = join(import.meta.dirname, '../../docs/reference/faults.md');
/** The last outcome of each fault, so that one can be run again without all the others. */
const kept = join(import.meta.dirname, 'outcomes.json');

export interface Part {
  title: string;
  faults: Fault[];
}

function outcomes() {
  const all: Outcome[] = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : [];
  return new Map(all.map((each) => [each.name, each]));
}

/** Keeps an outcome, and writes the page again. */
export function keep(outcome: Outcome, parts: Part[], settings: string) {
  const latest = outcomes().set(outcome.name, outcome);
  const known = parts.flatMap(({ faults }) => faults.map(({ name }) => latest.get(name) ?? []));
  writeFileSync(kept, `${JSON.stringify(known.flat(), null, 2)}\n`);
  writeFileSync(page, asDocument(parts, latest, settings));
}

/** The rows of the page by what is kept. */
export const rowsOf = ({ faults }: Part, latest = outcomes()) =>
  faults.map((fault) => asRow(fault, latest.get(fault.name)));

export function holds(
  { impossible, againMs, wrong }: Pick<Outcome, 'impossible' | 'againMs' | 'wrong'>,
  { sellsWithinMs = SELLS_AGAIN_WITHIN_MS }: Fault,
) {
  const isInTime = againMs.every((ms) => ms !== null && ms <= sellsWithinMs);
  return impossible !== undefined || (wrong.length === 0 && isInTime);
}

export function asLine(outcome: Outcome, fault: Fault): string {
  const { name, impossible, wrong } = outcome;
  if (impossible) return `- ${name}: not run, ${impossible}`;
  const { lasted, sold, failed, again } = cells(outcome);
  const verdict = holds(outcome, fault) ? '✓' : '✗';
  const lines = [
    `${verdict} ${name}: lasted ${lasted}, ${sold} sold meanwhile, ${failed} requests failed, sells again after ${again}`,
    ...wrong.slice(0, 10).map((line) => `    ${line}`),
    ...(wrong.length > 10 ? [`    and ${wrong.length - 10} more`] : []),
  ];
  return lines.join('\n');
}

function asDocument(parts: Part[], latest: Map<string, Outcome>, settings: string): string {
  const processor = cpus()[0]?.model.trim() ?? 'an unknown processor';
  const tables = parts.map(
    (part) => `## ${part.title}\n\n${TABLE_HEAD}\n${rowsOf(part, latest).join('\n')}\n`,
  );
  return `${INTRODUCTION}
${cpus().length} cores of ${processor}, Node ${process.version}, ${settings}.

${tables.join('\n')}`;
}

const INTRODUCTION = `# What happens when things break

Written by \`npm run faults\`; do not edit. How to write a fault: [testing](../testing.md#faults).

Five services run as processes of their own on real servers, under a constant load of
purchases: one in four tickets is wanted by two, some orders are abandoned or cancelled, some cards declined, some
answers of the payment gateway lost. Then something breaks. Buyers ask again, under the same idempotency key, after 200 ms.
(live and the pages hold no state and are left out: browsers that lose them reload.)

- **meanwhile** counts purchases that came to their end from the breaking until all parts were back.
- **failed** are requests without an answer within 5 s, with an answer of 500 or more, or for a record that the service
  did not know yet; of all requests from a moment before the fault until a moment after.
  Those are **cut** whose connection was refused or cut: one before the fault, or after the first sale behind it, is wrong.
- **again** is the time from the moment at which all parts are back (a process says it is ready, an engine answers, a
  link is joined) until a purchase that began after it is over: at most 5 s, after a restore a minute. The worst of several, where there are several.
- **wrong** is what the databases show once all is quiet: anything acknowledged that is lost, anything doubled, any
  [invariant](../../packages/test-support/src/invariants.ts) broken, any purchase that found no end.
- **run at**: rows with another time than their neighbours were run again by themselves, mostly because they were late before.
- **busy** is how many processes of the whole machine wanted to run in the minute before (its load average). Times grow
  with it: where it is above the number of cores, much of a time is waiting for a core.

When NATS loses its data every record is published again, and new events follow: the time grows with the number of
records. Here there are a few dozen; elsewhere expect some milliseconds for each.
`;

const TABLE_HEAD = `| what breaks | lasts | sold meanwhile | failed | sells again after | wrong | run at (UTC) | busy |
|---|---:|---:|---:|---:|---:|---|---:|`;

function asRow(fault: Fault, outcome: Outcome | undefined): string {
  const { name } = fault;
  if (!outcome) return `| ${name} | not run yet | | | | | | |`;
  const { impossible, wrong, ranAt, busy } = outcome;
  if (impossible) return `| ${name} | not run: ${impossible} | | | | | | |`;
  const { lasted, sold, failed, again } = cells(outcome);
  const slow = holds({ ...outcome, wrong: [] }, fault) ? again : `**${again}**`;
  const bad = wrong.length > 0 ? `**${wrong.length}**` : 'nothing';
  const when = ranAt.slice(0, 16).replace('T', ' ');
  return `| ${name} | ${lasted} | ${sold} | ${failed} | ${slow} | ${bad} | ${when} | ${busy.toFixed(1)} |`;
}

const cells = ({ lastedMs, sold, requests, failed, cut, againMs }: Outcome) => ({
  lasted: seconds(lastedMs),
  sold: String(sold),
  failed: `${failed} of ${requests}${cut ? `, ${cut} cut` : ''}`,
  again: againMs.length === 0 || againMs.includes(null) ? 'never' : seconds(longest(againMs)),
});

const longest = (times: (number | null)[]) => Math.max(...times.map(Number));

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
