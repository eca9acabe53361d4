/** A baseline: the same routes with the same schemas, without sessions, services or storage. */

import { randomUUID } from 'node:crypto';
import {
  newOrderSchema,
  type OrderRecord,
  orderSchema,
  preferHeaders,
} from '@fairseat/common/contracts/order';
import { byId } from '@fairseat/common/contracts/shared';
import { type TicketRecord, ticketSchema } from '@fairseat/common/contracts/ticket';
import Fastify from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';

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

const app = Fastify().withTypeProvider<ZodTypeProvider>();
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(serializerCompiler);
app.get('/readyz', () => ({ status: 'ready' }));
app.post(
  '/api/orders',
  { schema: { headers: preferHeaders, body: newOrderSchema, response: { 201: orderSchema } } },
  async (request, reply) => {
    const { ticketId } = request.body;
    return reply.code(201).send({ ...order, id: newId(), ticketId });
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
