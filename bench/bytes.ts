/** Measures what each purchase and each edit leaves behind: in the file of the embedded platform, and in the streams. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type AnyEvent, publisherOf } from '@fairseat/common/events';
import { createLog, createSessionKey, readConfig } from '@fairseat/common/kit';
import { chooseGateway } from '@fairseat/gateways';
import { createMarketplace } from '@fairseat/marketplace';
import { toWire } from '@fairseat/platform/distributed';
import { openEmbedded } from '@fairseat/platform/embedded';
import type { Report } from './report.ts';
import { newFolder } from './server.ts';

const COUNT = 1000;
const AT_ONCE = 50;
/** Of JetStream for each message, and of the header with the id by which it recognises what is published again. */
const MESSAGE_BYTES = 22 + 8;
const HEADER_BYTES = 4 + 'NATS/1.0\r\nNats-Msg-Id: \r\n\r\n'.length + 32;

export async function measureBytes(report: Report) {
  report.begin('Bytes that stay, for each');
  const dataDir = newFolder();
  const ticketIds: string[] = [];
  await trade(dataDir, async ({ post }) => {
    for (let n = 0; n < COUNT; n++) {
      const { id } = await post('seller', 'POST', 'tickets', { title: `Seat ${n}`, price: 4990 });
      ticketIds.push(id);
    }
  });
  const each = (act: (market: Trading, ticketId: string, n: number) => Promise<void>) =>
    trade(dataDir, async (market) => {
      for (let from = 0; from < COUNT; from += AT_ONCE) {
        const some = ticketIds.slice(from, from + AT_ONCE);
        await Promise.all(some.map((id, n) => act(market, id, n)));
        await market.settled();
      }
    });
  await describe(report, dataDir, 'edit', () =>
    each(async ({ post }, id, n) => {
      await post('seller', 'PUT', `tickets/${id}`, { title: `Seat ${n} A`, price: 5990 });
    }),
  );
  await describe(report, dataDir, 'purchase', () =>
    each(async ({ post }, ticketId, n) => {
      const order = await post(`buyer${n}`, 'POST', 'orders', { ticketId });
      await post(`buyer${n}`, 'POST', 'payments', { orderId: order.id, token: 'pm_card_visa' });
    }),
  );
}

async function describe(report: Report, dataDir: string, what: string, act: () => Promise<Said>) {
  const before = usedBytes(dataDir);
  const { events, streamBytes, compressedBytes } = await act();
  const after = usedBytes(dataDir);
  const figure = (name: string, unit: string, sum: number) =>
    report.figure(`${what}: ${name}`, unit, [sum / COUNT]);
  const sum = (bytes: Map<string, number>) => [...bytes.values()].reduce((a, b) => a + b, 0);
  figure('file', 'bytes', sum(after) - sum(before));
  for (const [table, bytes] of after) {
    const grown = bytes - (before.get(table) ?? 0);
    if (grown > COUNT * 50) figure(`file, ${table}`, 'bytes', grown);
  }
  figure('events', '', events);
  figure('streams', 'bytes', sum(streamBytes));
  for (const [stream, bytes] of streamBytes) figure(`streams, ${stream}`, 'bytes', bytes);
  figure('streams, compressed', 'bytes', compressedBytes);
}

/** Of the pages of each table and index. */
function usedBytes(dataDir: string): Map<string, number> {
  const path = join(dataDir, 'fairseat.sqlite');
  if (statSync(path).size === 0) throw new Error('the file is empty');
  const db = new DatabaseSync(path);
  const rows = db.prepare('SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name').all();
  db.close();
  return new Map(rows.map(({ name, bytes }) => [String(name), Number(bytes)]));
}

interface Said {
  events: number;
  streamBytes: Map<string, number>;
  /** Of all streams, with `COMPRESS_EVENTS=on`. */
  compressedBytes: number;
}

interface Trading {
  /** @throws unless it succeeded. */
  post(who: string, method: 'POST' | 'PUT', path: string, body: object): Promise<{ id: string }>;
  settled(): Promise<void>;
}

/** Has the marketplace on this folder for as long as the work takes. */
async function trade(dataDir: string, work: (trading: Trading) => Promise<void>): Promise<Said> {
  const config = readConfig({ RATE_LIMITS: 'off', LOG_LEVEL: 'silent' });
  const platform = openEmbedded({
    dataDir,
    openGateway: chooseGateway(config),
    rateLimits: false,
  });
  const market = await createMarketplace({
    platform,
    config,
    log: createLog('silent'),
    sessionKey: await createSessionKey(),
    passwords: { hash: async (password) => password, matches: async () => true },
  });
  const said: Said = { events: 0, streamBytes: new Map(), compressedBytes: 0 };
  const count = (event: AnyEvent) => {
    const stream = publisherOf(event.type);
    const bytesOf = (isCompressed: boolean) =>
      MESSAGE_BYTES +
      HEADER_BYTES +
      event.type.length +
      Buffer.byteLength(toWire(event, isCompressed));
    said.streamBytes.set(stream, (said.streamBytes.get(stream) ?? 0) + bytesOf(false));
    said.compressedBytes += bytesOf(true);
    said.events += 1;
  };
  await market.start();
  const cookies = new Map<string, string>();
  const post: Trading['post'] = async (who, method, path, body) => {
    const headers = { cookie: cookies.get(who), prefer: 'wait=5' };
    const answer = await market.app.inject({ method, url: `/api/${path}`, headers, payload: body });
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.body}`);
    return answer.json();
  };
  for (const who of ['seller', ...Array.from({ length: AT_ONCE }, (_, n) => `buyer${n}`)]) {
    cookies.set(who, await signIn(market.app, who));
  }
  platform.bus.watch(count);
  await work({ post, settled: () => platform.settled() });
  await platform.settled();
  await market.stop();
  return said;
}

async function signIn(
  app: Awaited<ReturnType<typeof createMarketplace>>['app'],
  who: string,
): Promise<string> {
  const payload = { email: `${who}@example.com`, password: 'correct horse' };
  const url = '/api/users/signup';
  const up = await app.inject({ method: 'POST', url, payload });
  const answer =
    up.statusCode === 201
      ? up
      : await app.inject({ method: 'POST', url: '/api/users/signin', payload });
  const [session] = answer.cookies;
  if (!session) throw new Error(answer.body);
  return `${session.name}=${session.value}`;
}
