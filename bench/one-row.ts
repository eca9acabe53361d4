/**
 * The least that a durable hold can cost: Fairseat's route with its app, sessions, checks and answer, and behind it an
 * update of one row. All that wait share a commit. There is no lock, no alarm and no event.
 * `one-row.ts DATA_DIR IDS_FILE`.
 */
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createAuth } from '@fairseat/auth';
import {
  newOrderSchema,
  type OrderRecord,
  orderSchema,
  preferHeaders,
} from '@fairseat/common/contracts/order';
import { responses } from '@fairseat/common/contracts/problem';
import {
  createDevices,
  createHost,
  createLog,
  createSessionKey,
  createSessionSigner,
  createSessionVerifier,
  defineService,
  identify,
  publicKeyOf,
  readConfig,
  sessionOf,
} from '@fairseat/common/kit';
import { openEmbedded } from '@fairseat/platform/embedded';

const [dataDir = '', idsFile = ''] = process.argv.slice(2);
const config = readConfig({ RATE_LIMITS: 'off', LOG_LEVEL: 'warn' });
const log = createLog(config.logLevel);
const platform = openEmbedded({ dataDir, rateLimits: false });
const hold = createHolds(dataDir, idsFile);

const holds = defineService({
  name: 'holds',
  prefixes: ['/api/orders'],
  needs: [],
  hears: [],
  build: ({ signedIn, newId, clock }) => ({
    routes: async (app) => {
      app.post(
        '/api/orders',
        {
          onRequest: signedIn,
          schema: {
            headers: preferHeaders,
            body: newOrderSchema,
            response: responses({ 201: orderSchema }, 400, 401, 403, 404, 409, 422),
          },
        },
        async (request, reply) => {
          const { userId } = sessionOf(request);
          const { id } = identify(request, userId, newId);
          const { ticketId } = request.body;
          const now = clock.now();
          const expiresAt = new Date(now + config.orderExpirationSeconds * 1000).toISOString();
          await hold(ticketId, id, expiresAt);
          const order: OrderRecord = {
            id,
            userId,
            ticketId,
            expiresAt,
            createdAt: new Date(now).toISOString(),
            status: 'awaiting_payment',
            ticket: { title: 'Row 12 seat 7 evening velar', price: 4990 },
            version: 2,
          };
          return reply.code(201).send(order);
        },
      );
    },
  }),
});

const sessionKey = await createSessionKey();
const host = await createHost([createAuth(), holds], {
  platform,
  config,
  log,
  devices: await createDevices(sessionKey, platform.clock),
  signSession: await createSessionSigner(sessionKey, platform.clock),
  verifySession: await createSessionVerifier(publicKeyOf(sessionKey), platform.clock),
});
await host.start();
console.log(await host.app.listen({ host: '127.0.0.1', port: 0 }));

/** One row for each ticket of the list; a hold writes the order into it. Other settings are SQLite's defaults. */
function createHolds(folder: string, ids: string) {
  const db = new DatabaseSync(`${folder}/holds.sqlite`);
  db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE holds (id TEXT PRIMARY KEY, order_id TEXT, expires_at TEXT, version INTEGER)`);
  const insert = db.prepare('INSERT INTO holds VALUES (?, NULL, NULL, 1)');
  db.exec('BEGIN');
  // Rows are inserted in the order of listing, as in Fairseat's own table. The file has the order of purchase: in that
  // order, rows that are held together would lie side by side, as they never do in a shop.
  for (const id of readFileSync(ids, 'utf8').split('\n').sort()) insert.run(id);
  db.exec('COMMIT');
  const update = db.prepare(
    'UPDATE holds SET order_id = ?, expires_at = ?, version = version + 1 WHERE id = ?',
  );
  const [begin, commit] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT')];
  let waiting: { row: [orderId: string, expiresAt: string, id: string]; resolve: () => void }[] =
    [];

  const flush = () => {
    const group = waiting;
    waiting = [];
    begin.run();
    for (const { row } of group) {
      if (update.run(...row).changes !== 1) throw new Error('no such ticket');
    }
    commit.run();
    for (const { resolve } of group) resolve();
  };
  return (ticketId: string, orderId: string, expiresAt: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (waiting.length === 0) setImmediate(flush);
    waiting.push({ row: [orderId, expiresAt, ticketId], resolve });
    return promise;
  };
}
