/**
 * What the marketplace is measured against: the same routes with the same schemas, without sessions and services.
 * `nothing` stores nothing; `one-row` updates one row, durably, in commits shared by all who wait.
 */

import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { byId, newOrderSchema, preferHeaders } from '@fairseat/common/api';
import {
  type OrderRecord,
  orderSchema,
  type TicketRecord,
  ticketSchema,
} from '@fairseat/common/records';
import Fastify from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';

const [kind = 'nothing', dataDir = ''] = process.argv.slice(2);
const newId = () => randomUUID().replaceAll('-', '');
const now = new Date().toISOString();
const ticket: TicketRecord = {
  id: newId(),
  title: 'Row 12 seat 7 evening velar',
  price: 4990,
  userId: newId(),
  orderId: null,
  status: 'available',
  version: 1,
  createdAt: now,
};
const order: OrderRecord = {
  id: newId(),
  userId: newId(),
  status: 'awaiting_payment',
  ticketId: ticket.id,
  expiresAt: now,
  ticket: { title: ticket.title, price: ticket.price },
  version: 2,
  createdAt: now,
};

const hold = kind === 'one-row' ? createHolds(dataDir) : async () => {};

const app = Fastify().withTypeProvider<ZodTypeProvider>();
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(serializerCompiler);
app.get('/readyz', () => ({ status: 'ready' }));
app.post(
  '/api/orders',
  { schema: { headers: preferHeaders, body: newOrderSchema, response: { 201: orderSchema } } },
  async (request, reply) => {
    const { ticketId } = request.body;
    const id = newId();
    await hold(ticketId, id);
    return reply.code(201).send({ ...order, id, ticketId });
  },
);
app.get(
  '/api/tickets/:id',
  { schema: { params: byId, response: { 200: ticketSchema } } },
  async (request) => ({ ...ticket, id: request.params.id }),
);
app.get('/bare/:id', async (request) => ({
  ...ticket,
  id: (request.params as { id: string }).id,
}));
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));

/** One row for each ticket of the list; to hold it is to write the order into it. */
function createHolds(folder: string) {
  mkdirSync(folder, { recursive: true });
  const db = new DatabaseSync(join(folder, 'holds.sqlite'));
  db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE holds (id TEXT PRIMARY KEY, order_id TEXT, expires_at TEXT, version INTEGER)`);
  const insert = db.prepare('INSERT INTO holds VALUES (?, NULL, NULL, 1)');
  db.exec('BEGIN');
  for (const id of readFileSync(join(folder, 'ids.txt'), 'utf8').split('\n')) insert.run(id);
  db.exec('COMMIT');
  const update = db.prepare(
    'UPDATE holds SET order_id = ?, expires_at = ?, version = version + 1 WHERE id = ?',
  );
  const [begin, commit] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT')];
  let waiting: { ticketId: string; orderId: string; resolve: () => void }[] = [];

  const flush = () => {
    const group = waiting;
    waiting = [];
    begin.run();
    for (const { ticketId, orderId } of group) {
      if (update.run(orderId, now, ticketId).changes !== 1) throw new Error('no such ticket');
    }
    commit.run();
    for (const { resolve } of group) resolve();
  };
  return (ticketId: string, orderId: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (waiting.length === 0) setImmediate(flush);
    waiting.push({ ticketId, orderId, resolve });
    return promise;
  };
}
