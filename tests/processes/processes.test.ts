import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createSessionKey, publicKeyOf } from '@fairseat/common/kit';
import { createServices } from '@fairseat/marketplace/services';
import { bought, firstPurchase } from '@fairseat/test-support/first-purchase';
import { newNamespace, removeNamespace } from '@fairseat/test-support/namespaces';
import { type Process, startProgram, temporaryFolder } from '@fairseat/test-support/process';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const services = createServices();
const servers = inject('servers');
const namespace = newNamespace();
const settings = {
  PLATFORM: 'distributed',
  MONGODB_URL: servers.mongodbUrl,
  NATS_URL: servers.natsUrl,
  REDIS_URL: servers.redisUrl,
  NAMESPACE: namespace,
};

// The tests of the pages are in tests/e2e.
const startAll = (env: Record<string, string> = {}) =>
  startProgram('infra/distributed/main.ts', { ...settings, ...env }, { flags: ['--api-only'] });

/** The latest process of each service, from the common log. */
function pidsOf({ output }: Process): Map<string, number> {
  const started = output().stdout.matchAll(/^(\w+) +process (\d+)$/gm);
  return new Map([...started].map(([, name = '', pid]) => [name, Number(pid)]));
}

function isAlive(pid: number) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const statusOf = async ({ url }: Process, path: string) => (await fetch(url + path)).status;

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

afterAll(async () => {
  await removeNamespace(servers, namespace);
});

describe('npm run start:distributed', () => {
  let all: Process;
  beforeAll(async () => {
    all = await startAll();
  });
  afterAll(() => all.end('SIGTERM'));

  it('prints its own lines alone while it starts', () => {
    const ours =
      /^(fairseat +(MongoDB|NATS|Redis|Fairseat|API|Payment) .+|(\w+) +(process \d+|\3 is (ready|listening on \S+)))$/;
    const { stdout, stderr } = all.output();
    const others = stdout.split('\n').filter((line) => line !== '' && !ours.test(line));
    expect(others.join('\n') + stderr).toBe('');
  });

  it('sells a ticket through all its processes', async () => {
    expect(pidsOf(all).size).toBe(services.length);
    expect(await firstPurchase(all.url ?? '')).toEqual(bought);
  });

  it('describes the whole API in one document', async () => {
    const reply = await fetch(`${all.url}/api/openapi.json`);
    const { paths } = (await reply.json()) as { paths: object };
    for (const path of ['/api/users/signup', '/api/tickets', '/api/orders', '/api/payments']) {
      expect(Object.keys(paths)).toContain(path);
    }
  });

  it('has no pages with --api-only', async () => {
    for (const path of ['/', '/tickets/new']) {
      const reply = await fetch(all.url + path);
      expect(reply.status).toBe(404);
      expect(await reply.json()).toMatchObject({ code: 'not_found' });
    }
  });

  it('cuts off who asks for more at once than anybody reads', async () => {
    const { hostname, port } = new URL(all.url ?? '');
    const socket = connect(Number(port), hostname);
    socket.write('GET /api/users/x HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(200));
    await once(socket.on('error', () => {}).resume(), 'close');
    expect(await statusOf(all, '/healthz')).toBe(200);
  });

  it('answers 503 for a service that was killed, starts it again, and sells', async () => {
    process.kill(pidsOf(all).get('orders') ?? 0, 'SIGKILL');
    await expect.poll(() => statusOf(all, '/readyz')).toBe(503);
    expect(await statusOf(all, '/api/orders')).toBe(503);
    await expect.poll(() => statusOf(all, '/readyz')).toBe(200);
    expect(await firstPurchase(all.url ?? '')).toEqual(bought);
  });

  it('leaves no service behind on Ctrl-C', async () => {
    const pids = [...pidsOf(all).values()];
    expect(pids.filter(isAlive)).toHaveLength(services.length);
    expect(await all.end('SIGINT')).toBe(0);
    expect(all.output().stdout).toContain('orders has stopped');
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('leaves no service behind when it is killed itself', async () => {
    const other = await startAll();
    const pids = [...pidsOf(other).values()];
    expect(pids.filter(isAlive)).toHaveLength(services.length);
    await other.end('SIGKILL');
    await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  });

  it('ends with the reason when a service cannot start', async () => {
    const all = await startAll({ CURRENCY: 'xyz' });
    expect(await all.exited).toBe(1);
    expect(all.output().stderr).toMatch(
      /^Fairseat cannot run: Wrong setting: CURRENCY=xyz[^\n]+\n$/,
    );
  });
});

describe('a service by itself', () => {
  const start = async (service: string, env: Record<string, string>, folder: string) => {
    const key = await createSessionKey();
    writeFileSync(join(folder, 'private.json'), JSON.stringify(key));
    writeFileSync(join(folder, 'public.json'), JSON.stringify(publicKeyOf(key)));
    const file = join(folder, service === 'auth' ? 'private.json' : 'public.json');
    return startProgram(`services/${service}/main.ts`, {
      ...settings,
      SESSION_KEY_FILE: file,
      ...env,
    });
  };

  it('is alive but not ready while an engine is away, says so, and is ready once it is there', async () => {
    using folder = temporaryFolder();
    const nats = new URL(servers.natsUrl);
    const link = createServer((socket) => {
      const server = connect(Number(nats.port), nats.hostname);
      socket.pipe(server).pipe(socket);
      for (const end of [socket, server]) end.on('error', () => socket.destroy());
    });
    const port = await listen(link, 0);
    link.close();
    const orders = await start('orders', { NATS_URL: `nats://127.0.0.1:${port}` }, folder.path);
    await expect.poll(() => orders.output().stderr).toContain('NATS_URL');
    expect(await statusOf(orders, '/healthz')).toBe(200);
    expect(await statusOf(orders, '/readyz')).toBe(503);
    await listen(link, port);
    await expect.poll(() => statusOf(orders, '/readyz')).toBe(200);
    expect(await orders.end('SIGTERM')).toBe(0);
    link.close();
  });

  it.each([
    ['orders', { PLATFORM: 'embedded' }, 'PLATFORM=embedded'],
    ['orders', { MONGODB_URL: '' }, 'MONGODB_URL is not set'],
    ['orders', { SESSION_KEY_FILE: '' }, 'SESSION_KEY_FILE is not set'],
    ['orders', { SESSION_KEY_FILE: 'nowhere.json' }, 'SESSION_KEY_FILE=nowhere.json'],
  ])('refuses, as %s, the setting %o in one line that names it', async (service, env, named) => {
    using folder = temporaryFolder();
    const alone = await start(service, env, folder.path);
    expect(await alone.exited).toBe(1);
    expect(alone.output().stderr).toMatch(/^orders cannot start: [^\n]+\n$/);
    expect(alone.output().stderr).toContain(named);
  });

  it('refuses the private key unless it is auth, and auth the public one', async () => {
    using folder = temporaryFolder();
    const keyFile = (name: string) => ({ SESSION_KEY_FILE: join(folder.path, name) });
    const orders = await start('orders', keyFile('private.json'), folder.path);
    expect(await orders.exited).toBe(1);
    expect(orders.output().stderr).toContain('the private one is for auth alone');
    const auth = await start('auth', keyFile('public.json'), folder.path);
    expect(await auth.exited).toBe(1);
    expect(auth.output().stderr).toContain('expected the private key');
  });
});
