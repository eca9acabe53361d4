/** Parts that go back to a backup, by the steps of docs/operations.md. */
import { setTimeout as pause } from 'node:timers/promises';
import { copyDatabase } from '@fairseat/test-support/namespaces';
import type { EngineName } from './engines.ts';
import { serviceNames } from './services.ts';
import type { Fault, Stage } from './stage.ts';

/** So much is held, paid and listed between the backup and the restore. */
const TRADED_MS = 4000;
/** Records are taken back, and events received again, beside the sales. */
const sellsWithinMs = 60_000;

/** Copies the databases of these services, and these engines, as of one moment. The returned function puts the copies back. */
export async function backUp(stage: Stage, ...names: (string | EngineName)[]) {
  const { services, servers, engines } = stage;
  const copied = (name: string) =>
    name in servers
      ? servers[name as EngineName].backUp()
      : copyDatabase(engines.mongodbUrl, `${engines.namespace}_${name}`);
  const paused = names.filter((name) => !(name in servers));
  const copies = await services.atOneMoment(paused, () => Promise.all(names.map(copied)));
  return async () => {
    for (const putBack of copies) await putBack();
  };
}

/** Stops these services, has something done, and starts them. Resolves once they are ready. */
export async function whileStopped(
  { services }: Stage,
  names: string[],
  act: () => Promise<unknown>,
) {
  const starts = await Promise.all(names.map((name) => services.stopped(name)));
  await act();
  await Promise.all(starts.map((start) => start()));
}

export const restore = (...names: string[]): Fault => ({
  name: `restore of the database of ${names.join(', and that of ')}`,
  sellsWithinMs,
  async happen(stage, again) {
    const putBack = await backUp(stage, ...names);
    await pause(TRADED_MS);
    await whileStopped(stage, names, putBack);
    await again();
  },
});

/** Each at a moment of its own. */
const restoreApart = (first: string, second: string): Fault => ({
  name: `restore of the database of ${first}, and of an older one of ${second}`,
  sellsWithinMs,
  async happen(stage, again) {
    const older = await backUp(stage, second);
    await pause(TRADED_MS / 2);
    const newer = await backUp(stage, first);
    await pause(TRADED_MS / 2);
    await whileStopped(stage, [first, second], async () => {
      await older();
      await newer();
    });
    await again();
  },
});

export const restoreEngine = (engine: EngineName): Fault => ({
  name: `restore of ${engine}`,
  impossible: ({ servers }) =>
    servers[engine].folder ? undefined : 'its data are not in a folder of this machine',
  sellsWithinMs,
  async happen(stage, again) {
    const putBack = await backUp(stage, engine);
    await pause(TRADED_MS);
    await putBack();
    await again();
  },
});

export const restores: Fault[] = [
  ...serviceNames.map((service) => restore(service)),
  restore('orders', 'tickets'),
  restore('orders', 'payments'),
  restore('tickets', 'payments'),
  restoreApart('orders', 'tickets'),
  restoreApart('payments', 'orders'),
  restoreEngine('NATS'),
  restoreEngine('Redis'),
];
