/** Measures how fast a consumer catches up with the events that it missed, and in how much memory. */
import { jetstream, jetstreamManager, PersistMode } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { CaughtUp } from './backlog.ts';
import type { Processes } from './processes.ts';
import type { Report } from './report.ts';
import { sessionEnded } from './session-ended.ts';

const BACKLOG = 100_000;
const PUBLISHED_AT_ONCE = 256;
/** The limit of a process for one stream, see `consumer.ts`. */
const MOST_AT_ONCE = 128;

export async function measureCatchUp(report: Report, processes: Processes) {
  report.begin(`Distributed: catching up with ${BACKLOG} events`);
  const consumer = await processes.companion('./backlog.ts');
  await publishAll(processes.servers.natsUrl, consumer.namespace);
  const { perSecond, mostAtOnce, earlyMb, mostMb }: CaughtUp = await consumer.ask(BACKLOG);
  await consumer.stop();
  report.figure('handled by one process', '/s', [perSecond]);
  const early = report.figure('resident at most for the first tenth', 'MB', [earlyMb]);
  const most = report.figure('resident at most for all', 'MB', [mostMb]);
  // Memory includes garbage that is not collected yet, so the number of events in hand is the bound.
  report.compare('memory for all against the first tenth', most, early);
  report.bound('in hand at once', mostAtOnce, 'events', { atMost: MOST_AT_ONCE });
}

/** The stream persists asynchronously, since syncing each event would take minutes; the consumer sees no difference. */
async function publishAll(natsUrl: string, namespace: string) {
  const connection = await connect({ servers: natsUrl });
  const admin = await jetstreamManager(connection);
  const subject = `${namespace}.session.ended`;
  await admin.streams.add({
    name: `${namespace}_auth`,
    subjects: [`${namespace}.session.>`],
    persist_mode: PersistMode.Async,
  });
  const client = jetstream(connection);
  const now = Date.now();
  let published = 0;
  const publish = async () => {
    while (published < BACKLOG) {
      const id = (published++).toString(16).padStart(32, '0');
      await client.publish(subject, JSON.stringify(sessionEnded(id, now)), { msgID: id });
    }
  };
  await Promise.all(Array.from({ length: PUBLISHED_AT_ONCE }, publish));
  await connection.close();
}
