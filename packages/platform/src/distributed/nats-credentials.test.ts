import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OwnServer, startNatsServer } from '@fairseat/test-support/own-server';
import { temporaryFolder } from '@fairseat/test-support/process';
import { ended, hearing, soon, useScene } from '@fairseat/test-support/scene';
import { nkeys } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

type Key = ReturnType<typeof nkeys.createUser>;

const scene = useScene();
let folder: ReturnType<typeof temporaryFolder>;
let started: OwnServer[] = [];

beforeEach(() => {
  folder = temporaryFolder();
  started = [];
});
afterEach(async () => {
  for (const platform of scene.opened.splice(0)) await platform.crash();
  for (const server of started) await server.end();
  folder[Symbol.dispose]();
});

const write = (name: string, text: string) => {
  const file = join(folder.path, name);
  writeFileSync(file, text);
  return file;
};
const seedOf = (key: Key) => Buffer.from(key.getSeed()).toString();

async function startNats(users: string): Promise<string> {
  const server = await startNatsServer(folder.path, users);
  started.push(server);
  return server.url;
}

/** A claim about a key, in the form that NATS has for it. */
function jwt(issuer: Key, subject: Key, nats: object): string {
  const part = (value: object | Uint8Array) =>
    Buffer.from(value instanceof Uint8Array ? value : JSON.stringify(value)).toString('base64url');
  const [iss, sub] = [issuer.getPublicKey(), subject.getPublicKey()];
  const claims = {
    jti: sub,
    iat: 1_700_000_000,
    iss,
    name: 'test',
    sub,
    nats: { ...nats, version: 2 },
  };
  const text = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(claims)}`;
  return `${text}.${part(issuer.sign(Buffer.from(text)))}`;
}

const everything = { subs: -1, data: -1, payload: -1 };
const account = {
  type: 'account',
  limits: {
    ...{ ...everything, conn: -1, leaf: -1, imports: -1, exports: -1, wildcards: true },
    ...{ mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 },
  },
};

/** A server whose users bear the signature of an account, and the `.creds` of one. */
async function startWithAccounts() {
  const operator = nkeys.createOperator();
  const [own, system] = [nkeys.createAccount(), nkeys.createAccount()];
  const preloaded = [
    `${own.getPublicKey()}: ${jwt(operator, own, account)}`,
    `${system.getPublicKey()}: ${jwt(operator, system, { type: 'account', limits: { ...account.limits, disk_storage: 0, mem_storage: 0 } })}`,
  ];
  const natsUrl = await startNats(`
    operator: ${jwt(operator, operator, { type: 'operator' })}
    system_account: ${system.getPublicKey()}
    resolver: MEMORY
    resolver_preload: { ${preloaded.join(', ')} }`);
  const credsOf = (issuer: Key) => {
    const user = nkeys.createUser();
    const token = jwt(issuer, user, { type: 'user', pub: {}, sub: {}, ...everything });
    const block = (name: string, text: string) =>
      `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n\n`;
    return block('NATS USER JWT', token) + block('USER NKEY SEED', seedOf(user));
  };
  return { natsUrl, creds: credsOf(own), strange: credsOf(nkeys.createAccount()) };
}

async function sends(natsUrl: string, natsCredentialsFile: string) {
  const platform = scene.open({ natsUrl, natsCredentialsFile });
  const heard = hearing(platform, 'a');
  await platform.start();
  await platform.bus.publish(ended(1));
  await expect.poll(() => heard, soon).toEqual([1]);
  return platform;
}

describe('the credentials of a file', { timeout: 60_000 }, () => {
  it('may be the seed of an NKey', async () => {
    const key = nkeys.createUser();
    const natsUrl = await startNats(`authorization { users: [ { nkey: ${key.getPublicKey()} } ] }`);
    await sends(natsUrl, write('user.nk', `${seedOf(key)}\n`));
    const other = write('other.nk', seedOf(nkeys.createUser()));
    await expect(scene.open({ natsUrl, natsCredentialsFile: other }).start()).rejects.toThrow(
      `refuses the credentials of NATS_CREDENTIALS_FILE=${other}`,
    );
  });

  it('may be a user of an account, and another one later', async () => {
    const { natsUrl, creds, strange } = await startWithAccounts();
    const file = write('user.creds', creds);
    await sends(natsUrl, file);
    const other = scene.open({ natsUrl, natsCredentialsFile: file });
    writeFileSync(file, strange);
    await expect(other.start()).rejects.toThrow('refuses the credentials');
    const last = scene.open({ natsUrl, natsCredentialsFile: file });
    writeFileSync(file, creds);
    await last.start();
    rmSync(file);
  });

  it.each([
    ['is not there', 'missing', undefined],
    ['has no credentials of a user', 'cut off', '-----BEGIN NATS USER JWT-----'],
    ['has no credentials of a user', 'a broken seed', 'SU'],
    ['has no credentials of a user', 'an account’s', seedOf(nkeys.createAccount())],
  ])('are refused at once when the file %s: %s', (reason, _, text) => {
    const file = text === undefined ? join(folder.path, 'none') : write('file', text);
    const open = () => scene.open({ natsCredentialsFile: file });
    expect(open).toThrow(`NATS_CREDENTIALS_FILE: ${file} ${reason}. Expected`);
  });
});
