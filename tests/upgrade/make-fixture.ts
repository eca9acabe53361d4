/**
 * Makes the data folder of a release, and the same in databases, and records that release's answers from each. Run it in a
 * checkout of the release itself, with MONGODB_URL, NATS_URL and REDIS_URL, of which it uses a namespace of its own:
 * `node --conditions=@fairseat/source tests/upgrade/make-fixture.ts FOLDER`.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLog, createSessionKey, readConfig } from '@fairseat/common/kit';
import type { Clock, Platform } from '@fairseat/common/ports';
import { createTestClock } from '@fairseat/common/testing';
import { openTestGateway } from '@fairseat/gateways/test';
import { createMarketplace } from '@fairseat/marketplace';
import { openDistributed } from '@fairseat/platform/distributed';
import { openEmbedded } from '@fairseat/platform/embedded';
import { dumpDatabases, toText } from '@fairseat/test-support/dump';
import { newNamespace, removeNamespace } from '@fairseat/test-support/namespaces';

const [folder = ''] = process.argv.slice(2);
const PASSWORD = 'correct horse';
const HOUR_MS = 3_600_000;
const quick = { openGateway: openTestGateway, deferMs: 10, backoffMs: 1 };

type TestPlatform = Platform & { settled(): Promise<void> };

/** The clock begins at a fixed moment, so that holds have their intended age at every reading. */
async function trade(from: string, open: (clock: Clock) => TestPlatform) {
  const time = createTestClock();
  const beganMs = Date.parse(from) - time.now();
  const clock = { ...time, now: () => beganMs + time.now() };
  const platform = open(clock);
  const config = readConfig({ RATE_LIMITS: 'off', LOG_LEVEL: 'error' });
  const market = await createMarketplace({
    platform,
    config,
    log: createLog(config.logLevel),
    sessionKey: await createSessionKey(),
  });
  await market.start();

  type Body = Record<string, string>;
  const cookies = new Map<string, string>();

  async function ask(
    who: string,
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    payload?: object,
  ) {
    const cookie = cookies.get(who);
    const reply = await market.app.inject({
      method,
      url: `/api/${url}`,
      headers: { ...(cookie && { cookie }), prefer: 'wait=5' },
      ...(payload && { payload }),
    });
    const [session] = reply.cookies;
    if (session) cookies.set(who, `${session.name}=${session.value}`);
    return {
      status: reply.statusCode,
      text: reply.body,
      body: (reply.body ? reply.json() : {}) as Body,
    };
  }

  const people = ['sam', 'noor', 'bea', 'milo'];
  for (const name of people) {
    await ask(name, 'POST', 'users/signup', { email: `${name}@example.com`, password: PASSWORD });
  }
  const sells = async (who: string, title: string, price: number) =>
    (await ask(who, 'POST', 'tickets', { title, price })).body['id'] as string;
  const holds = async (who: string, ticketId: string) => {
    const { body } = await ask(who, 'POST', 'orders', { ticketId });
    await platform.settled();
    return body['id'] as string;
  };
  const pays = (who: string, orderId: string, token: string) =>
    ask(who, 'POST', 'payments', { orderId, token });

  const titles = [
    'Mahler 2, Row 12',
    'Café de la Paix',
    'ليلة العود',
    '歌舞伎：春の公演',
    'Jazz 🎷',
  ];
  for (const [n, title] of titles.entries()) await sells('sam', title, 1000 + n);
  const withdrawn = await sells('noor', 'Taken back', 700);
  await ask('noor', 'DELETE', `tickets/${withdrawn}`);
  const edited = await sells('noor', 'Row 1', 100);
  await ask('noor', 'PUT', `tickets/${edited}`, { title: 'Row 2', price: 200 });

  const sold = await holds('bea', await sells('sam', 'Sold', 4990));
  await pays('bea', sold, 'pm_card_visa');
  const declined = await holds('bea', await sells('sam', 'Declined', 4991));
  await pays('bea', declined, 'pm_card_chargeDeclined');
  const letGo = await holds('milo', await sells('sam', 'Let go', 4992));
  await ask('milo', 'DELETE', `orders/${letGo}`);
  await platform.settled();

  // Money that moved after its order had ended is given back.
  const late = await holds('milo', await sells('sam', 'Too late', 4993));
  const asked = await pays('milo', late, 'pm_card_authenticationRequired');
  const { url } = (asked.body as unknown as { nextAction: { url: string } }).nextAction;
  await ask('milo', 'DELETE', `orders/${late}`);
  await ask('milo', 'POST', url.slice('/api/'.length), { approve: true });
  await platform.settled();

  const expired = await holds('milo', await sells('noor', 'Expired', 4994));
  time.advance(HOUR_MS);
  for (;;) {
    const { body } = await ask('milo', 'GET', `orders/${expired}`);
    if (body['status'] === 'cancelled') break;
    await new Promise((resolve) => setImmediate(resolve));
  }

  const confirming = await holds('bea', await sells('noor', 'Being confirmed', 4995));
  await pays('bea', confirming, 'pm_card_authenticationRequired');
  await holds('milo', await sells('noor', 'Held', 4996));
  await ask('bea', 'POST', 'users/signout', {});
  await platform.settled();

  // A new version must give the same answers from this folder, to the byte.
  for (const name of people) {
    await ask(name, 'POST', 'users/signin', { email: `${name}@example.com`, password: PASSWORD });
  }
  const questions: [who: string, url: string][] = [
    ['', 'tickets'],
    ['', 'tickets?limit=3'],
    ['', 'tickets?available=true'],
    ['', 'tickets?q=cafe'],
    ['', 'tickets?q=row'],
    ['sam', 'tickets?mine=true'],
    ['noor', 'tickets?mine=true&limit=2'],
    ['bea', 'orders'],
    ['milo', 'orders?limit=2'],
    ['bea', 'users/currentuser'],
    ...[sold, declined, confirming].map((id) => ['bea', `orders/${id}`] as [string, string]),
    ...[sold, declined, confirming].map((id) => ['bea', `payments/${id}`] as [string, string]),
    ...[letGo, late, expired].map((id) => ['milo', `orders/${id}`] as [string, string]),
    ['milo', `payments/${late}`],
  ];
  const answers = [];
  for (const [who, url] of questions) {
    const { status, text } = await ask(who, 'GET', url);
    answers.push({ who, url, status, text });
  }
  await market.stop();
  return { now: clock.now(), password: PASSWORD, answers };
}

const write = (name: string, kept: object) =>
  writeFileSync(join(folder, name), `${JSON.stringify(kept, null, 2)}\n`);

const dataDir = join(folder, 'data');
const inFolder = (clock: Clock) => openEmbedded({ ...quick, dataDir, clock });
write('answers.json', await trade('2026-11-01T12:00:00.000Z', inFolder));
for (const suffix of ['-wal', '-shm'])
  rmSync(join(dataDir, `fairseat.sqlite${suffix}`), { force: true });

const { MONGODB_URL: mongodbUrl, NATS_URL: natsUrl, REDIS_URL: redisUrl } = process.env;
if (!mongodbUrl || !natsUrl || !redisUrl) throw new Error('Run it with the addresses of servers.');
const servers = { mongodbUrl, natsUrl, redisUrl };
const namespace = newNamespace();
try {
  const inDatabases = (clock: Clock) => openDistributed({ ...quick, ...servers, namespace, clock });
  // So late that no server forgets a session by its own clock.
  const kept = await trade('2126-11-01T12:00:00.000Z', inDatabases);
  const databases = JSON.parse(toText(await dumpDatabases(mongodbUrl, namespace)));
  write('databases.json', { ...kept, databases });
} finally {
  await removeNamespace(servers, namespace);
}
