/** One consumer and its memory. The message is the number of waiting events; the answer comes when all are handled. */
import { setImmediate } from 'node:timers/promises';
import { openDistributed } from '@fairseat/platform/distributed';

export interface CaughtUp {
  perSecond: number;
  mostAtOnce: number;
  /** The most until a tenth was handled. */
  earlyMb: number;
  mostMb: number;
}

const MB = 2 ** 20;
const residentMb = () => process.memoryUsage.rss() / MB;

const { MONGODB_URL = '', NATS_URL = '', REDIS_URL = '', NAMESPACE = '' } = process.env;
const servers = { mongodbUrl: MONGODB_URL, natsUrl: NATS_URL, redisUrl: REDIS_URL };
const platform = openDistributed({ ...servers, namespace: NAMESPACE });
const all = Promise.withResolvers<void>();
let events = Number.POSITIVE_INFINITY;
let [underway, mostAtOnce, earlyMb, mostMb, done] = [0, 0, 0, 0, 0];
platform.bus.consume('auth', {
  'session.ended': async () => {
    underway += 1;
    mostAtOnce = Math.max(mostAtOnce, underway);
    await setImmediate();
    underway -= 1;
    done += 1;
    if (done % 500 === 0) mostMb = Math.max(mostMb, residentMb());
    if (done <= events / 10) earlyMb = mostMb;
    if (done === events) all.resolve();
  },
});

process.on('message', async (count: number) => {
  events = count;
  const begunAt = performance.now();
  await platform.start();
  await all.promise;
  const perSecond = count / ((performance.now() - begunAt) / 1000);
  process.send?.({ perSecond, mostAtOnce, earlyMb, mostMb } satisfies CaughtUp);
});
process.send?.('ready');
