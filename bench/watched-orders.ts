/** orders by itself on the distributed platform, told by messages when locks are due: see `watched.ts`. */
import { readFileSync } from 'node:fs';
import { createHost, createLog, createSessionVerifier, readConfig } from '@fairseat/common/kit';
import { orders } from '@fairseat/orders';
import { openDistributed } from '@fairseat/platform/distributed';
import type { Due, Question, Released } from './watched.ts';

let due: Due = { afterMs: 900_000 };
const config = {
  ...readConfig(),
  get orderExpirationSeconds() {
    if ('afterMs' in due) return due.afterMs / 1000;
    return (due.dueAt + Math.random() * due.spreadMs - Date.now()) / 1000;
  },
};
const {
  mongodbUrl = '',
  natsUrl = '',
  redisUrl = '',
  namespace = '',
  sessionKeyFile = '',
} = config;
const platform = openDistributed({ mongodbUrl, natsUrl, redisUrl, namespace, rateLimits: false });
const key = JSON.parse(readFileSync(sessionKeyFile, 'utf8'));
const host = await createHost([orders], {
  platform,
  config,
  log: createLog(config.logLevel),
  verifySession: await createSessionVerifier(key, platform.clock),
});

const expiresAt = new Map<string, number>();
let released: Released = { latenessMs: [], lastAt: 0 };
platform.bus.watch(({ type, subject, data }) => {
  if (type === 'order.created') {
    expiresAt.set(data.ticketId, Date.parse(data.expiresAt));
  } else if (type === 'ticket.released') {
    const now = Date.now();
    released.latenessMs.push(now - (expiresAt.get(subject) ?? Number.NaN));
    released.lastAt = now;
  }
});

process.on('message', (question: Question) => {
  if (question === 'forget') released = { latenessMs: [], lastAt: 0 };
  else if (question !== 'released?') due = question.due;
  process.send?.(released satisfies Released);
});
process.on('SIGTERM', async () => {
  await host.stop();
  process.exit(0);
});

await host.start();
console.log(await host.app.listen({ host: config.host, port: config.port }));
