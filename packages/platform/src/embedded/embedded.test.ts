import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '@fairseat/common/ports';
import {
  busContract,
  deadLetterContract,
  eventLogContract,
  gatewayContract,
  type OpenHarness,
  tableContract,
  timersContract,
} from '@fairseat/common/testing';
import { openTestGateway, testGatewayTricks } from '@fairseat/gateways/test';
import { type EmbeddedPlatform, openEmbedded } from './index.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

const openHarness: OpenHarness = async (clock) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fairseat-'));
  const opened: EmbeddedPlatform[] = [];
  return {
    clock,
    canShare: false,
    async open() {
      const platform = openEmbedded({
        dataDir,
        openGateway: openTestGateway,
        clock,
        deferMs: 2,
        backoffMs: 1,
      });
      opened.push(platform);
      return platform;
    },
    async crash(platform: Platform) {
      opened.find((each) => each === platform)?.crash();
    },
    async outliveEvents() {
      clock.advance(40 * DAY_MS);
    },
    async dispose() {
      for (const platform of opened) platform.crash();
      rmSync(dataDir, { recursive: true });
    },
  };
};

tableContract('embedded', openHarness);
busContract('embedded', openHarness);
deadLetterContract('embedded', openHarness);
timersContract('embedded', openHarness);
eventLogContract('embedded', openHarness);
gatewayContract('embedded', openHarness, testGatewayTricks);
