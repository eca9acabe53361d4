/** Two versions of all services as processes on the same servers, while people buy. */
import { newNamespace, removeNamespace } from '@fairseat/test-support/namespaces';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { audit, QUIET_WITHIN_MS } from '../faults/audit.ts';
import { Deployment } from './deployment.ts';
import { announcedIn, listed, trade } from './shift.ts';
import { next, upgrades } from './versions.ts';

const servers = inject('servers');
const namespace = newNamespace();
let deployment: Deployment;

beforeEach(async () => {
  deployment = await Deployment.open({
    PLATFORM: 'distributed',
    MONGODB_URL: servers.mongodbUrl,
    NATS_URL: servers.natsUrl,
    REDIS_URL: servers.redisUrl,
    NAMESPACE: namespace,
    ORDER_EXPIRATION_SECONDS: '15',
    LOG_LEVEL: 'warn',
  });
});
afterEach(async () => {
  await deployment.close();
  await removeNamespace(servers, namespace);
});

// Twelve processes on a busy machine.
describe('side by side and each alone', { timeout: 600_000 }, () => {
  it.each(upgrades)('%s sell on, lose nothing and do nothing wrong', async (_, versions) => {
    const [before, after] = await versions();
    await deployment.start(before);
    const load = await trade(deployment.url, [
      async () => {},
      () => deployment.start(after),
      () => deployment.stop(before),
      () => deployment.start(before),
      () => deployment.stop(after),
      () => deployment.start(after),
      () => deployment.stop(before),
    ]);
    const tickets = await listed(load);
    const announced = tickets.flatMap(({ id, doors }) => (doors ? [id] : []));
    expect(announced.length > 0).toBe(after === next);
    await expect
      .poll(async () => announcedIn(await deployment.printed()))
      .toEqual(announced.toSorted());
    const wrong = await audit({ ...servers, namespace }, load.promised, QUIET_WITHIN_MS);
    expect([...load.stuck, ...wrong]).toEqual([]);
  });
});
