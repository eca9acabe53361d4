/** Measures the time from a record's commit until its event's handler is done. Each message is a number of events. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stored } from '@fairseat/common/ports';
import { openDistributed } from '@fairseat/platform/distributed';
import { sessionEnded } from './session-ended.ts';

const GAP_MS = 10;

const { MONGODB_URL = '', NATS_URL = '', REDIS_URL = '', NAMESPACE = '' } = process.env;
const servers = { mongodbUrl: MONGODB_URL, natsUrl: NATS_URL, redisUrl: REDIS_URL };
const platform = openDistributed({ ...servers, namespace: NAMESPACE });
const records = platform.table<Stored>('auth', { name: 'probes' });

let handled = Promise.withResolvers<number>();
platform.bus.consume('auth', {
  'session.ended': async () => {
    // The event is done once this has returned and the acknowledgement is on its way.
    setImmediate(() => handled.resolve(performance.now()));
  },
});
await platform.start();

async function probe(): Promise<number> {
  const event = sessionEnded(platform.newId(), platform.clock.now());
  handled = Promise.withResolvers();
  await records.insert({ id: event.id, version: 1, createdAt: event.time }, [event]);
  const committedAt = performance.now();
  return (await handled.promise) - committedAt;
}

process.on('message', async (count: number) => {
  const latenciesMs: number[] = [];
  for (let n = 0; n < count; n++) {
    latenciesMs.push(await probe());
    await sleep(GAP_MS);
  }
  process.send?.(latenciesMs);
});
process.send?.('ready');
