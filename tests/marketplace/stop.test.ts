import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost, createLog, defineService, readConfig } from '@fairseat/common/kit';
import { createTestClock } from '@fairseat/common/testing';
import { openTestGateway } from '@fairseat/gateways/test';
import { openEmbedded } from '@fairseat/platform/embedded';
import { turns } from '@fairseat/test-support/interleaving';
import { expect, it } from 'vitest';

it('a stop waits for the periodic work under way before it closes the platform', async () => {
  const happened: string[] = [];
  const asked = Promise.withResolvers<void>();
  const sweep = Promise.withResolvers<void>();
  const sweeper = defineService({
    name: 'sweeper',
    prefixes: [],
    needs: [],
    hears: [],
    build: () => ({
      tasks: [
        {
          name: 'sweep',
          intervalMs: 1000,
          run: async (stop) => {
            stop.addEventListener('abort', () => asked.resolve());
            await sweep.promise;
            happened.push('swept');
          },
        },
      ],
    }),
  });
  using folder = mkdtempDisposableSync(join(tmpdir(), 'fairseat-'));
  const own = { dataDir: folder.path, clock: createTestClock(), openGateway: openTestGateway };
  const open = openEmbedded(own);
  const close = async () => {
    happened.push('closed');
    await open.close();
  };
  const host = await createHost([sweeper], {
    platform: { ...open, close },
    config: readConfig({ LOG_LEVEL: 'silent' }),
    log: createLog('silent'),
    verifySession: async () => null,
    signSession: async () => '',
  });
  await host.start();

  const stopped = host.stop();
  await asked.promise;
  await turns(200);
  expect(happened).toEqual([]);
  sweep.resolve();
  await stopped;
  expect(happened).toEqual(['swept', 'closed']);
});
