/** Pages as processes of their own, in front of services that are processes of their own. */

import { Listener } from '@fairseat/test-support/listener';
import { newNamespace, removeNamespace } from '@fairseat/test-support/namespaces';
import { afterAll, describe, inject, it } from 'vitest';
import { expect, siteForAll } from './site.ts';
import { fromSignUpToReceipt, guessingStopsOneVisitorAlone } from './stories.ts';

const servers = inject('servers');
const NAMESPACE = newNamespace();
const site = siteForAll({
  program: 'infra/distributed/main.ts',
  flags: ['--replicas', '2'],
  env: {
    MONGODB_URL: servers.mongodbUrl,
    NATS_URL: servers.natsUrl,
    REDIS_URL: servers.redisUrl,
    NAMESPACE,
    RATE_LIMITS: 'on',
  },
});
afterAll(() => removeNamespace(servers, NAMESPACE));

/** The values that follow `what` in the common log, for each process of a service. */
const told = (service: string, what: RegExp) => {
  const lines = new RegExp(`^${service}-\\d +.*?${what.source}(\\S+)$`, 'gm');
  return [...site.output().matchAll(lines)].map(([, value = '']) => value);
};

describe('pages in front of the distributed platform', () => {
  it('lead from sign-up to receipt, and the seller sees it happen', () =>
    fromSignUpToReceipt(site));

  it('ask for their visitor, whose guesses count for nobody else', () =>
    guessingStopsOneVisitorAlone(site));

  it('show in one browser what another has done', async () => {
    const [seller, visitor] = await Promise.all([site.person(), site.visitor()]);
    const { id } = await seller.sells('Repriced', 4990);
    await visitor.watches(`/tickets/${id}`);
    await expect(visitor.main).toContainText('$49.90');
    await seller.edits(id, 'Repriced', 5550);
    await expect(visitor.main).toContainText('$55.50');
  });

  it('answer by whatever name of this machine they are opened', async () => {
    const { port } = new URL(site.url);
    const visitor = await site.visitor({ baseURL: `http://localhost:${port}` });
    await visitor.goto('/auth/signin?next=%2F');
    await visitor.field('E-mail address').fill('nobody@example.com');
    await visitor.field('Password').fill('correct horse');
    await visitor.button('Sign in').click();
    await expect(visitor.main.getByRole('alert')).toContainText('wrong');
  });

  it('say so while a service is gone, and recover by themselves', async () => {
    const visitor = await site.visitor();
    for (const pid of told('tickets', /process /)) process.kill(Number(pid), 'SIGKILL');
    const response = await visitor.goto('/');
    expect(response?.status()).toBe(503);
    await expect(visitor.heading).toHaveText('Back in a moment');
    await expect(visitor.heading).toContainText('Take their seat');
  });
});

describe('live streams of the distributed platform', () => {
  it('tell every change, whichever process they come from', async () => {
    const seller = await site.person();
    const { id } = await seller.sells('Told by all', 4990);
    const processes = told('live', /live is listening on /);
    expect(processes).toHaveLength(2);
    const listeners = await Promise.all(
      processes.map((url) => Listener.open(url, `?tickets=${id}`)),
    );
    for (const listener of listeners) expect((await listener.next()).name).toBe('reset');
    for (const price of [5550, 5551, 5552]) await seller.edits(id, 'Told by all', price);
    for (const listener of listeners) {
      // The listing may arrive only now, and events of different processes in any order.
      const untold = new Set([5550, 5551, 5552]);
      await listener.until(({ data }) => {
        if ('price' in data) untold.delete(Number(data.price));
        return untold.size === 0;
      });
      listener.close();
    }
  });

  it('are let go of when the browser is gone, on the other side of the router as well', async () => {
    const { cookie } = (await site.person()).caller;
    const open = () => Listener.open(site.url, '', { cookie });
    const listeners = await Promise.all(Array.from({ length: 30 }, open));
    const statuses = listeners.map(({ response }) => response.statusCode);
    // The limit is ten for each session and process.
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    for (const listener of listeners) listener.close();
    const again = async () => {
      const listener = await open();
      listener.close();
      return listener.response.statusCode;
    };
    await expect.poll(again).toBe(200);
    await expect.poll(again).toBe(200);
  });
});

describe('stopping it all', () => {
  it('does not wait for the browsers that listen', async () => {
    const visitor = await site.visitor();
    await visitor.watches('/');
    expect(await site.stop()).toBe(0);
    expect(site.output()).toMatch(/client-1 +client has stopped/);
    site.complaints.length = 0;
  });
});
