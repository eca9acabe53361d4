/** How fast a consumer catches up with what was said while it was away, and in how much memory. */
import { openDistributed } from '@fairseat/platform/distributed';
import { newNamespace } from '@fairseat/platform/distributed/testing';
import type { CaughtUp } from './backlog.ts';
import type { Processes } from './processes.ts';
import type { Report } from './report.ts';
import { sessionEnded } from './session-ended.ts';

const BACKLOG = 100_000;
const PUBLISHED_AT_ONCE = 512;
/** As many as a process holds of a stream, see `consumer.ts`. */
const MOST_AT_ONCE = 128;

export async function measureCatchUp(report: Report, processes: Processes) {
  report.begin(`Catching up with ${BACKLOG} events`);
  const namespace = newNamespace();
  const consumer = await processes.companion('./backlog.ts', namespace);
  const published = await publishAll(processes, namespace);
  const { seconds, mostAtOnce, idleMb, mostMb }: CaughtUp = await consumer.ask(BACKLOG);
  await consumer.stop();
  report.figure('published by one process', '/s', [published]);
  report.figure('handled by one process', '/s', [BACKLOG / seconds]);
  report.figure('resident when idle', 'MB', [idleMb]);
  report.figure('resident at most while it caught up', 'MB', [mostMb]);
  report.bound('in hand at once', mostAtOnce, 'events', { atMost: MOST_AT_ONCE });
}

async function publishAll({ servers }: Processes, namespace: string): Promise<number> {
  const platform = openDistributed({ ...servers, namespace });
  const startedAt = performance.now();
  let left = BACKLOG;
  const publish = async () => {
    while (left-- > 0) {
      await platform.bus.publish(sessionEnded(platform.newId(), platform.clock.now()));
    }
  };
  await Promise.all(Array.from({ length: PUBLISHED_AT_ONCE }, publish));
  const perSecond = BACKLOG / ((performance.now() - startedAt) / 1000);
  await platform.close();
  return perSecond;
}
