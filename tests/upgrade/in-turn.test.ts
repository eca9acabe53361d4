/** Two versions of the whole marketplace one after the other on one data folder, while people buy. */
import { createLog, createSessionKey, readConfig } from '@fairseat/common/kit';
import { openTestGateway } from '@fairseat/gateways/test';
import { createMarketplace } from '@fairseat/marketplace';
import { openEmbedded } from '@fairseat/platform/embedded';
import { freePort } from '@fairseat/servers';
import { type Process, startProcess, temporaryFolder } from '@fairseat/test-support/process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QUIET_WITHIN_MS, wrongOn } from '../faults/audit.ts';
import { announcedIn, listed, trade } from './shift.ts';
import { next, upgrades, type Version } from './versions.ts';

let over: AbortController;
beforeEach(() => {
  over = new AbortController();
});
afterEach(() => over.abort());

describe('one after the other on one data folder', () => {
  it.each(upgrades)('%s sell on, lose nothing and do nothing wrong', async (_, versions) => {
    const [before, after] = await versions();
    using folder = temporaryFolder();
    const port = await freePort(0);
    const env = { DATA_DIR: folder.path, PORT: String(port), ORDER_EXPIRATION_SECONDS: '15' };
    const { signal } = over;
    const processes: Process[] = [];
    const stop = async () => expect(await processes.at(-1)?.end('SIGTERM')).toBe(0);
    const replaceBy = async (version: Version) => {
      if (processes.length > 0) await stop();
      const process = await startProcess(env, { ...version, signal });
      processes.push(process);
      expect(process.url, process.output().stderr).toBeDefined();
    };
    await replaceBy(before);
    const load = await trade(`http://127.0.0.1:${port}`, [
      async () => {},
      () => replaceBy(after),
      () => replaceBy(before),
      () => replaceBy(after),
    ]);
    const tickets = await listed(load);
    const announced = tickets.flatMap(({ id, doors }) => (doors ? [id] : []));
    expect(announced.length > 0).toBe(after === next);
    const printed = () => processes.map((process) => process.output().stdout).join('');
    await expect.poll(() => announcedIn(printed())).toEqual(announced.toSorted());
    await stop();
    expect([...load.stuck, ...(await wrongIn(folder.path, load.promised))]).toEqual([]);
  });
});

/** Once the marketplace has settled there what is still under way. */
async function wrongIn(dataDir: string, promised: Parameters<typeof wrongOn>[1]) {
  const config = readConfig({ LOG_LEVEL: 'silent' });
  const platform = openEmbedded({ dataDir, openGateway: openTestGateway });
  const log = createLog(config.logLevel);
  const sessionKey = await createSessionKey();
  const market = await createMarketplace({ platform, config, log, sessionKey });
  await market.start();
  try {
    return await wrongOn(platform, promised, QUIET_WITHIN_MS);
  } finally {
    await market.stop();
  }
}
