/**
 * Makes the data folder of a release, and records that release's answers from it. Run it in a checkout of the release
 * itself: `node --conditions=@fairseat/source tests/upgrade/make-fixture.ts FOLDER`.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLog, createSessionKey, readConfig } from '@fairseat/common/kit';
import { createTestClock } from '@fairseat/common/testing';
import { openTestGateway } from '@fairseat/gateways/test';
import { createMarketplace } from '@fairseat/marketplace';
import { openEmbedded } from '@fairseat/platform/embedded';

const [folder = ''] = process.argv.slice(2);
const dataDir = join(folder, 'data');
const PASSWORD = 'correct horse';
const HOUR_MS = 3_600_000;

/** The clock begins at a fixed moment, so that holds have their intended age at every reading. */
const time = createTestClock();
const beganMs = Date.parse('2026-11-01T12:00:00.000Z') - time.now();
const clock = { ...time, now: () => beganMs + time.now() };
const platform = openEmbedded({
  dataDir,
  openGateway: openTestGateway,
  clock,
  deferMs: 10,
  backoffMs: 1,
});
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
const holds = async (who: string, ticketId: string) =>
  (await ask(who, 'POST', 'orders', { ticketId })).body['id'] as string;
const pays = (who: string, orderId: string, token: string) =>
  ask(who, 'POST', 'payments', { orderId, token });

const titles = ['Mahler 2, Row 12', 'Café de la Paix', 'ليلة العود', '歌舞伎：春の公演', 'Jazz 🎷'];
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

writeFileSync(
  join(folder, 'answers.json'),
  `${JSON.stringify({ now: clock.now(), password: PASSWORD, answers }, null, 2)}\n`,
);
for (const suffix of ['-wal', '-shm'])
  rmSync(join(dataDir, `fairseat.sqlite${suffix}`), { force: true });
