/** The pages as a process of their own, in front of an API elsewhere. */
import { randomBytes } from 'node:crypto';
import { createApp, createLog, readClientConfig, runHost } from '@fairseat/common/kit';
import { Pages } from './pages.ts';

await runHost('client', async () => {
  const config = readClientConfig();
  const log = createLog(config.logLevel).child({ service: 'client' });
  const pages = new Pages(config);
  const app = await createApp({
    config,
    log,
    newId: () => randomBytes(16).toString('hex'),
    isReady: () => pages.ready,
  });
  pages.mount(app);
  const stop = async () => {
    await app.close();
    await pages.close();
  };
  return { config, log, host: { app, start: () => pages.open(), stop } };
});
