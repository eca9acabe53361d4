/** How fast one consumer catches up with a backlog on JetStream, and in how much memory: `node bench/backlog.ts 100000`. */
import { setImmediate } from 'node:timers/promises';
import type { AnyEvent } from '@fairseat/common/events';
import { openDistributed } from '@fairseat/platform/distributed';
import { newNamespace, removeNamespace } from '@fairseat/platform/distributed/testing';

const [count = '100000'] = process.argv.slice(2);
const EVENTS = Number(count);
const PUBLISHERS = 256;
const MIB = 2 ** 20;

const { MONGODB_URL = '', NATS_URL = '', REDIS_URL = '' } = process.env;
const servers = { mongodbUrl: MONGODB_URL, natsUrl: NATS_URL, redisUrl: REDIS_URL };
const namespace = newNamespace();
const platform = openDistributed({ ...servers, namespace });

function event(n: number): AnyEvent {
  const id = n.toString(16).padStart(32, '0');
  const time = new Date(platform.clock.now()).toISOString();
  const traceparent = `00-${id}-${id.slice(16)}-01`;
  return {
    ...{ specversion: '1.0', id, source: 'auth', type: 'session.ended', subject: id, time },
    ...{ version: 1, correlationid: id, traceparent, data: { sessionId: id, expiresAt: time } },
  };
}

const perSecond = (since: number) => Math.round(EVENTS / ((performance.now() - since) / 1000));
const memoryMib = () => Math.round(process.memoryUsage().rss / MIB);

let begunAt = performance.now();
let next = 0;
const publishing = Array.from({ length: PUBLISHERS }, async () => {
  while (next < EVENTS) await platform.bus.publish(event(next++));
});
await Promise.all(publishing);
console.log(`published ${EVENTS}: ${perSecond(begunAt)}/s, ${memoryMib()} MiB`);

const all = Promise.withResolvers<void>();
let [underway, mostUnderway, mostMib, done] = [0, 0, 0, 0];
platform.bus.consume('auth', {
  'session.ended': async () => {
    underway += 1;
    mostUnderway = Math.max(mostUnderway, underway);
    await setImmediate();
    underway -= 1;
    done += 1;
    if (done % 1000 === 0) mostMib = Math.max(mostMib, memoryMib());
    if (done === EVENTS) all.resolve();
  },
});
begunAt = performance.now();
await platform.start();
await all.promise;
console.log(
  `caught up: ${perSecond(begunAt)}/s, at most ${mostUnderway} at once and ${mostMib} MiB`,
);
await platform.close();
await removeNamespace(servers, namespace);
