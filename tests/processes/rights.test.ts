import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import type { ChargeRecord } from '@fairseat/common/contracts/charge';
import type { OrderRecord } from '@fairseat/common/contracts/order';
import type { TicketRecord } from '@fairseat/common/contracts/ticket';
import { nounOf } from '@fairseat/common/events';
import { createSessionKey, publicKeyOf } from '@fairseat/common/kit';
import { createServices } from '@fairseat/marketplace/services';
import { freePort, programOf } from '@fairseat/servers';
import { newNamespace, removeNamespace } from '@fairseat/test-support/namespaces';
import { type OwnServer, startServer } from '@fairseat/test-support/own-server';
import {
  Caller,
  type Process,
  runProgram,
  startProgram,
  temporaryFolder,
} from '@fairseat/test-support/process';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const servers = inject('servers');
const namespace = newNamespace();
const OBSERVER = 'observer';
const PASSWORD = 'correct:horse/battery@staple';

const services = createServices();
const names = services.map(({ name }) => name);

/** The others get no address of Redis. */
const usesRedis = (service: string) =>
  services.some(
    ({ name, needs }) =>
      name === service && (needs.includes('timers') || needs.includes('rateLimiter')),
  );

/** It gets the address of NATS alone. */
const listens = (service: string) =>
  services.some(({ name, listensOnly }) => name === service && listensOnly);

/** The noun that a reader of the manual puts in place of `order`. */
function nounOfService(service: string): string | undefined {
  const [type] = services.find(({ name }) => name === service)?.publishes?.types ?? [];
  return type && nounOf(type);
}

const manual = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
/** The code block under a heading of the manual. */
const example = (heading: string) =>
  new RegExp(`### ${heading}\n[\\s\\S]*?\`\`\`\n([\\s\\S]*?)\`\`\``).exec(manual)?.[1] ?? '';

/** The types that a service handles, with a hyphen, by the table of the manual. */
const [, handled = ''] = manual.split('| handled by |');
const handledBy = (service: string) =>
  (new RegExp(`\\| ${service} \\| (.*) \\|`).exec(handled)?.[1] ?? '')
    .replaceAll(/[`\s]/g, '')
    .replaceAll('.', '-')
    .split(',');

/** What listens and no more has rights of its own. */
const natsListener = () =>
  (/This is feed:\n\n```\n([\s\S]*?)```/.exec(manual)?.[1] ?? '')
    .replaceAll(/(STREAM\.\w+\.|GET\.|KV_|\$KV\.)feed/g, `$1${namespace}_feed`)
    .replace('"feed.', `"${namespace}.feed.`)
    .replace('"…"', `"${PASSWORD}"`);

const natsUser = (service: string) =>
  example('NATS')
    .replaceAll(/^.*-TYPE.*$/gm, (line) =>
      handledBy(service)
        .map((type) => line.replaceAll('TYPE', type))
        .join('\n'),
    )
    .replace('"order.>"', nounOfService(service) ? `"${nounOfService(service)}.>"` : '')
    .replaceAll('orders', service)
    .replaceAll(/(STREAM\.(?:CREATE|UPDATE)\.)/g, `$1${namespace}_`)
    .replaceAll(/"([a-z]+\.>)"/g, `"${namespace}.$1"`)
    .replace('"…"', `"${PASSWORD}"`);

const natsSettings = (folder: string, port: number) => `
  listen: "127.0.0.1:${port}"
  jetstream { store_dir: "${folder}/jetstream", sync_interval: always }
  tls { cert_file: "${folder}/server.pem", key_file: "${folder}/server.key" }
  authorization { users: [ ${names.map((name) => (listens(name) ? natsListener() : natsUser(name))).join('\n')} ] }`;

const redisUsers = () =>
  `${example('Redis').replaceAll('fairseat:', `${namespace}:`)}user ${OBSERVER} on >… +acl\n`.replaceAll(
    '>…',
    `>${PASSWORD}`,
  );

const loginOf = (user: string) => `${user}:${encodeURIComponent(PASSWORD)}`;

/** The commands that Redis has refused, as it lists them. */
async function refusalsOfRedis(port: number, caFile: string): Promise<string> {
  const socket = connect({ port, host: 'localhost', ca: readFileSync(caFile) });
  socket.end(`AUTH ${OBSERVER} ${PASSWORD}\r\nACL LOG\r\n`);
  return text(socket);
}

/** Makes a certificate authority, and a server's certificate signed by it. */
function makeCertificates(folder: string) {
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const newKey = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-x509'];
  openssl(...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA');
  openssl(
    ...[...newKey, '-keyout', 'server.key', '-out', 'server.pem', '-subj', '/CN=server'],
    ...['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'subjectAltName=DNS:localhost'],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
  );
}

describe('with passwords, TLS and the rights that the manual gives', () => {
  const folder = temporaryFolder();
  const path = (name: string) => join(folder.path, name);
  const started: OwnServer[] = [];
  const running = new Map<string, Process>();
  let natsPort = 0;
  let redisPort = 0;

  const envOf = (service: string, user: string) => ({
    PLATFORM: 'distributed',
    MONGODB_URL: listens(service) ? '' : servers.mongodbUrl,
    NATS_URL: `tls://${loginOf(user)}@localhost:${natsPort}`,
    REDIS_URL: usesRedis(service) ? `rediss://${loginOf(user)}@localhost:${redisPort}` : '',
    TLS_CA_FILE: path('ca.pem'),
    NAMESPACE: namespace,
    SESSION_KEY_FILE: listens(service)
      ? ''
      : path(service === 'auth' ? 'private.json' : 'public.json'),
    RATE_LIMITS: 'on',
  });
  const start = (service: string, user: string, env: Record<string, string> = {}) =>
    startProgram(`services/${service}/main.ts`, { ...envOf(service, user), ...env });

  /** Made by the operator's command, with the settings of the service. */
  const keyOf = async (service: string) => {
    const flags = ['add', 'auditor', '--types', '*'];
    const { code, lines, errors } = await runProgram(
      'services/marketplace/keys.ts',
      envOf(service, service),
      flags,
    );
    expect(code, errors.join('\n')).toBe(0);
    return lines[0] ?? '';
  };

  /** The types of all events that the feed at that address has. */
  const heardAt = async (url: string, key: string) => {
    const headers = { authorization: `Bearer ${key}` };
    const reply = await fetch(`${url}/api/feed?after=oldest&limit=500`, { headers });
    const { events } = (await reply.json()) as { events: { type: string }[] };
    return events.map(({ type }) => type);
  };

  beforeAll(async () => {
    makeCertificates(folder.path);
    const key = await createSessionKey();
    writeFileSync(path('private.json'), JSON.stringify(key));
    writeFileSync(path('public.json'), JSON.stringify(publicKeyOf(key)));

    natsPort = await freePort(0);
    writeFileSync(path('nats.conf'), natsSettings(folder.path, natsPort));
    const nats = await programOf('NATS_URL');
    started.push(startServer(nats, ['--config', path('nats.conf'), '--log', path('nats.log')]));

    redisPort = await freePort(0);
    writeFileSync(path('users.acl'), redisUsers());
    const files = ['cert', 'key', 'ca-cert'].map((name) => `--tls-${name}-file`);
    const redis = [
      ...['--port', '0', '--tls-port', `${redisPort}`, '--tls-auth-clients', 'no'],
      ...[files[0], path('server.pem'), files[1], path('server.key'), files[2], path('ca.pem')],
      ...['--aclfile', path('users.acl'), '--dir', folder.path, '--appendonly', 'yes'],
    ] as string[];
    started.push(startServer(await programOf('REDIS_URL'), redis));
  });

  afterAll(async () => {
    await Promise.all([...running.values()].map((service) => service.end('SIGTERM')));
    for (const server of started) await server.end();
    await removeNamespace(servers, namespace);
    folder[Symbol.dispose]();
  });

  it('a ticket is sold', async () => {
    for (const service of names) running.set(service, await start(service, service));
    const at = (service: string) => running.get(service)?.url ?? '';
    for (const service of names) {
      const isReady = async () => {
        const ready = await fetch(`${at(service)}/readyz`).catch(() => undefined);
        return ready?.ok || running.get(service)?.output().stderr;
      };
      await expect.poll(isReady, { message: service }).toBe(true);
    }
    const seller = await new Caller(at('auth')).signUp('s@example.com');
    const account = { email: 's@example.com', password: 'correct horse' };
    const wrong = { ...account, password: 'wrong horse' };
    expect((await seller.send('POST', '/api/users/signin', wrong))?.status).toBe(400);
    expect((await seller.send('POST', '/api/users/signin', account))?.status).toBe(200);
    seller.url = at('tickets');
    const listed = await seller.send<TicketRecord>('POST', '/api/tickets', {
      title: 'A',
      price: 1,
    });
    const buyer = await new Caller(at('auth')).signUp('b@example.com');
    buyer.url = at('orders');
    const order = await buyer.send<OrderRecord>(
      'POST',
      '/api/orders',
      { ticketId: listed?.body.id },
      { prefer: 'wait=5' },
    );
    expect(order?.body.status).toBe('awaiting_payment');
    buyer.url = at('payments');
    const card = { orderId: order?.body.id, token: 'pm_card_visa' };
    const paid = await buyer.send<ChargeRecord>('POST', '/api/payments', card);
    expect(paid?.body.status).toBe('completed');
    seller.url = at('tickets');
    const ticket = () => seller.send<TicketRecord>('GET', `/api/tickets/${listed?.body.id}`);
    await expect.poll(async () => (await ticket())?.body.status).toBe('sold');
    const key = await keyOf('feed');
    await expect.poll(() => heardAt(at('feed'), key)).toContain('ticket.sold');
    expect(await refusalsOfRedis(redisPort, path('ca.pem'))).toBe('+OK\r\n*0\r\n');
    expect(readFileSync(path('nats.log'), 'utf8')).not.toContain('Violation');
  });

  /** Starts a service that must fail to start. Returns its error output. */
  const refusal = async (service: string, env: Record<string, string>, user = service) => {
    const refused = await start(service, user, env);
    expect(await refused.exited).not.toBe(0);
    return refused.output().stderr;
  };

  it('a service cannot publish or receive in the name of another', async () => {
    expect(await refusal('orders', {}, 'tickets')).toMatch(/NATS_URL.*Violation/);
  });

  it.each([
    ['NATS_URL', () => `tls://expiration:wrong@localhost:${natsPort}`],
    ['REDIS_URL', () => `rediss://expiration:wrong@localhost:${redisPort}`],
  ])(
    'a wrong password in %s ends the start in one line that keeps it secret',
    async (setting, url) => {
      const line = await refusal('expiration', { [setting]: url() });
      expect(line).toMatch(new RegExp(`${setting}: .*refuses this user or password.*Expected`));
      expect(line).not.toContain('wrong@');
      const troubles = line.split('\n').filter((each) => each && !each.startsWith('{"level":30'));
      expect(troubles).toEqual([expect.any(String)]);
    },
  );

  it.each(['NATS_URL', 'REDIS_URL'])(
    'a certificate of nobody’s ends the start: %s',
    async (setting) => {
      const plain =
        setting === 'NATS_URL' ? { REDIS_URL: servers.redisUrl } : { NATS_URL: servers.natsUrl };
      const line = await refusal('expiration', { ...plain, TLS_CA_FILE: '' });
      expect(line).toMatch(new RegExp(`${setting}: .*certificate.*Expected TLS_CA_FILE`));
    },
  );

  it('one of the engines may do without TLS', async () => {
    const expiration = await start('expiration', 'expiration', { REDIS_URL: servers.redisUrl });
    const isReady = async () => (await fetch(`${expiration.url}/readyz`)).ok;
    await expect.poll(isReady).toBe(true);
    await expiration.end('SIGTERM');
  });

  it('a service that needs Redis does not start without its address', async () => {
    expect(await refusal('auth', { REDIS_URL: '' })).toMatch(/REDIS_URL is not set/);
  });

  it('a service cannot set the alarms of another', async () => {
    const expiration = await start('expiration', 'expiration', {
      REDIS_URL: `rediss://${loginOf('auth')}@localhost:${redisPort}`,
    });
    await expect.poll(() => expiration.output().stderr).toMatch(/NOPERM/);
    await expiration.end('SIGTERM');
  });
});
