/** `npm run faults`: runs all faults on servers of its own, and writes the page of outcomes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type OwnServers, startOwnServers } from './engines.ts';
import { Links } from './links.ts';
import { parts } from './matrix.ts';
import { asLine, holds, keep, type Part } from './report.ts';
import { Stage, type StageOptions } from './stage.ts';

const LIMIT_MS = 60 * 60_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rate: { type: 'string', default: '4' },
    verbose: { type: 'boolean', default: false },
  },
});
const perSecond = Number(values.rate);
const say = (line: string) => process.stdout.write(`${line}\n`);
/** The steps of the clean-up, in the order in which they became necessary. */
const undo: (() => Promise<unknown>)[] = [];
const cleanUp = async () => {
  for (const step of undo.splice(0).reverse()) await step().catch((error) => say(String(error)));
};

/** Runs the chosen faults of a part. */
async function run(
  { title, faults }: Part,
  settings: string,
  options: Omit<StageOptions, 'onLine' | 'perSecond'>,
) {
  const chosen = faults.filter(({ name }) => new RegExp(values.only).test(name));
  if (chosen.length === 0) return;
  say(`\n${title}`);
  const onLine = values.verbose ? say : () => {};
  const stage = await Stage.open({ ...options, perSecond, onLine });
  undo.push(() => stage.close());
  for (const fault of chosen) {
    const outcome = await stage.suffer(fault);
    say(asLine(outcome, fault));
    keep(outcome, Object.values(parts), settings);
    if (!holds(outcome, fault)) process.exitCode = 1;
  }
  await undo.pop()?.();
}

async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'fairseat-faults-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));
  const servers = await startOwnServers(folder, true);
  undo.push(async () => {
    for (const server of Object.values(servers)) await server?.remove();
  });
  const links = await Links.to(servers);
  const settings = `${await versionsOf(servers)}; ${perSecond} purchases begun each second`;
  await run(parts.alone, settings, { servers, replicas: 1, holdSeconds: 10 });
  await run(parts.restores, settings, { servers, replicas: 2, holdSeconds: 30 });
  await run(parts.inTwos, settings, { servers, links, replicas: 2, holdSeconds: 120 });
}

async function versionsOf({ database, NATS, Redis }: OwnServers) {
  return `MongoDB ${await database.version()}, NATS ${await NATS.version()}, Redis ${await Redis.version()}`;
}

setTimeout(async () => {
  say('It took too long and was given up.');
  await cleanUp();
  process.exit(1);
}, LIMIT_MS).unref();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    say(`${signal}: ending what was started …`);
    await cleanUp();
    process.exit(1);
  });
}
try {
  await main();
} finally {
  await cleanUp();
}
process.exit();
