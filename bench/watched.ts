/** The marketplace; messages decide when locks are due, see `due.ts`. */
import { createLog, createSessionKey, readConfig } from '@fairseat/common/kit';
import { chooseGateway } from '@fairseat/gateways';
import { createMarketplace } from '@fairseat/marketplace';
import { openEmbedded } from '@fairseat/platform/embedded';
import { answerFor, dueByMessage } from './due.ts';

const config = dueByMessage(readConfig());
const platform = openEmbedded({
  dataDir: config.dataDir,
  openGateway: chooseGateway(config),
  rateLimits: false,
});
const marketplace = await createMarketplace({
  platform,
  config,
  log: createLog(config.logLevel),
  sessionKey: await createSessionKey(),
});

answerFor(platform, () => marketplace.stop());

await marketplace.start();
console.log(await marketplace.app.listen({ host: config.host, port: config.port }));
