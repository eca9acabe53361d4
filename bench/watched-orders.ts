/** orders by itself on the distributed platform; messages decide when locks are due, see `due.ts`. */
import { readFileSync } from 'node:fs';
import { createHost, createLog, createSessionVerifier, readConfig } from '@fairseat/common/kit';
import { orders } from '@fairseat/orders';
import { openDistributed } from '@fairseat/platform/distributed';
import { answerFor, dueByMessage } from './due.ts';

const config = dueByMessage(readConfig());
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

answerFor(platform, () => host.stop());

await host.start();
console.log(await host.app.listen({ host: config.host, port: config.port }));
