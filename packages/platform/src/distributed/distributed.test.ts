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
import { newNamespace, purgeStreams, removeNamespace } from '@fairseat/test-support/namespaces';
import { inject } from 'vitest';
import { type DistributedPlatform, openDistributed } from './index.ts';

const servers = inject('servers');

const openHarness: OpenHarness = async (clock) => {
  const namespace = newNamespace();
  const opened: DistributedPlatform[] = [];
  return {
    clock,
    canShare: true,
    async open() {
      const platform = openDistributed({
        ...servers,
        namespace,
        openGateway: openTestGateway,
        clock,
        deferMs: 2,
        backoffMs: 1,
        ackWaitMs: 2000,
        owns: ['auth', 'expiration'],
      });
      opened.push(platform);
      return platform;
    },
    async crash(platform: Platform) {
      await opened.find((each) => each === platform)?.crash();
    },
    outliveEvents: () => purgeStreams(servers.natsUrl, namespace),
    async dispose() {
      for (const platform of opened) await platform.crash();
      await removeNamespace(servers, namespace);
    },
  };
};

tableContract('distributed', openHarness);
busContract('distributed', openHarness);
deadLetterContract('distributed', openHarness);
timersContract('distributed', openHarness);
eventLogContract('distributed', openHarness);
gatewayContract('distributed', openHarness, testGatewayTricks);
