/** The API under one address inside a cluster: where the pages reach it, and where all services are documented. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog, type Log, readConfig, runHost } from '@fairseat/common/kit';
import { readParts } from './parts.ts';
import { createRouter } from './router.ts';

const ASK_AGAIN_MS = 1000;

/** Their descriptions are merged before this process listens, so each must have answered once. */
async function answered(origin: string, log: Log) {
  for (;;) {
    const reply = await fetch(`${origin}/healthz`).catch((err: Error) => {
      log.warn({ err }, `waiting for ${origin}`);
    });
    if (reply?.ok) return;
    await sleep(ASK_AGAIN_MS);
  }
}

await runHost('front', async () => {
  const { parts, origins } = readParts(process.env['API_PARTS']);
  const config = readConfig({ ...process.env, PLATFORM: undefined });
  const log = createLog(config.logLevel).child({ service: 'front' });
  await Promise.all([...origins.values()].map((origin) => answered(origin, log)));
  const fleet = { urlOf: (service: string) => origins.get(service), isReady: true };
  const publicOrigin = config.publicOrigin ?? `http://${config.host}:${config.port}`;
  const app = await createRouter(fleet, parts, { config, withPages: false, publicOrigin });
  return { config, log, host: { app, start: async () => {}, stop: () => app.close() } };
});
